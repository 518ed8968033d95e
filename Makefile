# SPDX-License-Identifier: Apache-2.0
# Two commands are enough on a fresh Debian 12 or newer: `make demo` and `make test`.
# Everything is built by meson; this file only says which builds there are and what runs in them.

BUILD = build/release
# Newer compilers may warn of more than we have seen: there, warnings stay warnings.
WERROR = $(shell grep -q 'VERSION_ID="12"' /etc/os-release && echo true || echo false)

.PHONY: all demo test soak clean install

all: $(BUILD)/build.ninja
	ninja -C $(BUILD)

demo: setup-build
	@$(MAKE) --no-print-directory all
	@tests/demo/demo.sh $(BUILD)

test: setup-test
	@.venv/bin/python tests/run.py test

soak: setup-soak
	@.venv/bin/python tests/run.py soak

.PHONY: setup-build setup-test setup-soak
setup-build setup-test setup-soak: setup-%:
	@tests/setup.sh $*

$(BUILD)/build.ninja:
	meson setup $(BUILD) --prefix=/usr --sysconfdir=/etc --localstatedir=/var \
		-Dwerror=$(WERROR)

install: all
	meson install -C $(BUILD)

clean:
	rm -rf build
