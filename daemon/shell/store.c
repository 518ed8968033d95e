/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/shell/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* One entry per schema version; entry i leads from version i to i + 1. Never edit one that was
 * released: add another. */
static const char *const migrations[] = {
    "CREATE TABLE change("
    " seq INTEGER PRIMARY KEY, time INTEGER, resource TEXT, operation TEXT, body TEXT NOT NULL,"
    " result_seq INTEGER, result TEXT);"
    "CREATE INDEX change_resource ON change(resource, seq);"
    "CREATE INDEX change_operation ON change(operation, seq) WHERE operation IS NOT NULL;"
    "CREATE TABLE event("
    " seq INTEGER PRIMARY KEY, time INTEGER, level TEXT, resource TEXT, body TEXT NOT NULL);"
    "CREATE INDEX event_resource ON event(resource, seq);"
    "CREATE TABLE operation("
    " id TEXT PRIMARY KEY, seq INTEGER, time INTEGER, state TEXT, body TEXT NOT NULL);"
    "CREATE INDEX operation_state ON operation(state);"
    "CREATE TABLE resource("
    " id TEXT PRIMARY KEY, seq INTEGER, time INTEGER, kind TEXT, region TEXT,"
    " body TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE setting("
    " key TEXT PRIMARY KEY, seq INTEGER, time INTEGER, value TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE last(one INTEGER PRIMARY KEY CHECK(one = 1), seq INTEGER NOT NULL);"
    "INSERT INTO last VALUES(1, 0);",
};

/* $body is the record's JSON; SQLite takes the indexed columns out of it. */
static const char *const writes[] = {
    [RECORD_CHANGE] = "INSERT OR REPLACE INTO change(seq, time, resource, operation, body)"
                      " VALUES($seq, $body ->> '$.time', $body ->> '$.resource',"
                      " $body ->> '$.operation', $body)",
    [RECORD_RESULT] = "UPDATE change SET result_seq = $seq, result = $body"
                      " WHERE seq = $body ->> '$.change'",
    [RECORD_OPERATION] =
        "INSERT INTO operation(id, seq, time, state, body)"
        " VALUES($body ->> '$.id', $seq, $body ->> '$.time', $body ->> '$.state', $body)"
        " ON CONFLICT(id) DO UPDATE SET seq = excluded.seq, time = excluded.time,"
        " state = excluded.state, body = excluded.body",
    [RECORD_RESOURCE] = "INSERT OR REPLACE INTO resource(id, seq, time, kind, region, body)"
                        " VALUES($body ->> '$.id', $seq, $body ->> '$.time', $body ->> '$.kind',"
                        " $body ->> '$.region', $body)",
    [RECORD_SETTING] = "INSERT OR REPLACE INTO setting(key, seq, time, value)"
                       " VALUES($body ->> '$.key', $seq, $body ->> '$.time',"
                       " coalesce($body -> '$.value', 'null'))",
    [RECORD_EVENT] = "INSERT OR REPLACE INTO event(seq, time, level, resource, body)"
                     " VALUES($seq, $body ->> '$.time', $body ->> '$.level',"
                     " coalesce($body ->> '$.resource', $body ->> '$.fields.resource'), $body)",
};
enum { N_WRITES = ARRAY_SIZE(writes) };

static const char *const removals[N_WRITES] = {
    [RECORD_RESOURCE] = "DELETE FROM resource WHERE id = $body ->> '$.id'",
    [RECORD_SETTING] = "DELETE FROM setting WHERE key = $body ->> '$.key'",
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *write[N_WRITES], *remove[N_WRITES];
    char *path;
    int lock; /* descriptor of the lock file */
    int64_t keep, since_prune;
};

/* ---- errors in words ---- */

static int errno_of(sqlite3 *db, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return -EBADMSG;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return -EACCES;
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR: {
        int error = sqlite3_system_errno(db);
        return error > 0 ? -error : -EIO;
    }
    default:
        return -EIO;
    }
}

static const char *remedy_for(int error)
{
    switch (-error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return "Free some space there; drd writes nothing to AWS that it cannot record first";
    case EBADMSG:
        return "Move the file away (drd starts a new journal and reads AWS again) or restore it";
    case EACCES:
    case EPERM:
    case EROFS:
        return "Make the directory writable for the user that drd runs as, or choose another with "
               "settings/state_directory";
    case EBUSY:
        return "Stop the other program that holds it";
    default:
        return "See the system's log for errors of the disk";
    }
}

static int report(struct problem *p, const char *path, int error, const char *detail)
{
    str_copy(p->file, sizeof p->file, path);
    problem_set(p, "", "%s: %s", "the journal cannot be used", detail);
    problem_remedy(p, "%s", remedy_for(error));
    return error;
}

static int sql_problem(const char *path, sqlite3 *db, int rc, struct problem *reterr)
{
    int error = errno_of(db, rc);
    autofree char *detail = xasprintf("%s (%s)", sqlite3_errmsg(db), strerror(-error));
    return report(reterr, path, error, detail);
}

/* ---- opening ---- */

static int make_directory(const char *directory, struct problem *reterr)
{
    if (mkdir(directory, 0700) < 0 && errno != EEXIST) {
        int error = errno;
        str_copy(reterr->file, sizeof reterr->file, directory);
        problem_set(reterr, "/settings/state_directory", "cannot make the state directory: %s",
                    strerror(error));
        problem_remedy(reterr, "Create it, or name another that drd may write to");
        return -error;
    }
    if (access(directory, W_OK | X_OK) == 0)
        return 0;
    int error = errno;
    return report(reterr, directory, -error, strerror(error));
}

static int locked_by_other(int fd, const char *directory, struct problem *reterr)
{
    char pid[16] = "";
    ssize_t n = pread(fd, pid, sizeof pid - 1, 0);
    pid[n < 0 ? 0 : n] = '\0';
    pid[strcspn(pid, "\n")] = '\0';
    str_copy(reterr->file, sizeof reterr->file, directory);
    problem_set(reterr, "/settings/state_directory", "another drd is using it (process %s)",
                pid[0] == '\0' ? "unknown" : pid);
    problem_remedy(reterr, "Stop that one, or give this one a state directory of its own");
    return -EBUSY;
}

/* The lock goes with the descriptor, so a drd that was killed leaves none behind. */
static int take_lock(const char *directory, int *ret, struct problem *reterr)
{
    autofree char *path = xasprintf("%s/drd.lock", directory);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        int error = errno;
        return report(reterr, path, -error, strerror(error));
    }
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        int rc = locked_by_other(fd, directory, reterr);
        (void)close(fd);
        return rc;
    }
    char pid[16];
    int n = snprintf(pid, sizeof pid, "%d\n", (int)getpid());
    /* The number only makes a message nicer: a full disk must not keep us from starting. */
    if (ftruncate(fd, 0) < 0 || pwrite(fd, pid, (size_t)n, 0) < 0)
        (void)fd;
    *ret = fd;
    return 0;
}

static int integer(sqlite3 *db, const char *sql, int64_t *ret)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        *ret = sqlite3_column_int64(statement, 0);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(statement);
    return rc;
}

static int migrate(struct store *s, struct problem *reterr)
{
    int64_t version = 0;
    int rc = integer(s->db, "PRAGMA user_version", &version);
    if (rc != SQLITE_OK)
        return sql_problem(s->path, s->db, rc, reterr);
    if (version > (int64_t)ARRAY_SIZE(migrations)) {
        str_copy(reterr->file, sizeof reterr->file, s->path);
        problem_set(reterr, "", "a newer drd wrote this journal (schema %d; this one knows %zu)",
                    (int)version, ARRAY_SIZE(migrations));
        problem_remedy(reterr, "Run that version, or name another settings/state_directory");
        return -EPROTO;
    }
    for (size_t i = (size_t)version; i < ARRAY_SIZE(migrations); i++) {
        autofree char *sql = xasprintf("BEGIN IMMEDIATE; %s PRAGMA user_version = %zu; COMMIT",
                                       migrations[i], i + 1);
        rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
        if (rc != SQLITE_OK)
            return sql_problem(s->path, s->db, rc, reterr);
    }
    return 0;
}

static int prepare(struct store *s, struct problem *reterr)
{
    for (size_t i = 0; i < N_WRITES; i++) {
        int rc = sqlite3_prepare_v3(s->db, writes[i], -1, SQLITE_PREPARE_PERSISTENT, &s->write[i],
                                    NULL);
        if (rc == SQLITE_OK && removals[i] != NULL)
            rc = sqlite3_prepare_v3(s->db, removals[i], -1, SQLITE_PREPARE_PERSISTENT,
                                    &s->remove[i], NULL);
        if (rc != SQLITE_OK)
            return sql_problem(s->path, s->db, rc, reterr);
    }
    return 0;
}

static int connect_database(struct store *s, struct problem *reterr)
{
    /* SQLite would make the file readable for all that the umask allows; bodies are private. */
    int fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        int error = errno;
        return report(reterr, s->path, -error, strerror(error));
    }
    (void)close(fd);
    int rc = sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_extended_result_codes(s->db, 1);
        sqlite3_busy_timeout(s->db, 5000); /* readers that checkpoint */
        rc = sqlite3_exec(s->db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", NULL, NULL,
                          NULL);
    }
    return rc == SQLITE_OK ? 0 : sql_problem(s->path, s->db, rc, reterr);
}

int store_open(const char *directory, int64_t keep, struct store **ret, struct problem *reterr)
{
    int lock = -1, rc = make_directory(directory, reterr);
    if (rc == 0)
        rc = take_lock(directory, &lock, reterr);
    if (rc < 0)
        return rc;
    struct store *s = xcalloc(1, sizeof *s);
    s->path = xasprintf("%s/drd.db", directory);
    s->lock = lock;
    s->keep = keep;
    s->since_prune = keep; /* the first write looks */
    rc = connect_database(s, reterr);
    if (rc == 0)
        rc = migrate(s, reterr);
    if (rc == 0)
        rc = prepare(s, reterr);
    if (rc < 0) {
        store_close(s);
        return rc;
    }
    *ret = s;
    return 0;
}

void store_close(struct store *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < N_WRITES; i++) {
        sqlite3_finalize(s->write[i]);
        sqlite3_finalize(s->remove[i]);
    }
    int rc = sqlite3_close(s->db);
    assert(rc == SQLITE_OK);
    (void)close(s->lock);
    free(s->path);
    free(s);
}

/* ---- writing ---- */

struct store_record store_record_of(uint64_t seq, enum record_kind kind, const json_t *body)
{
    char *text = json_dumps(body, JSON_COMPACT);
    assert(text != NULL);
    bool gone = (kind == RECORD_RESOURCE && json_is_true(json_object_get(body, "gone"))) ||
                (kind == RECORD_SETTING && json_is_null(json_object_get(body, "value")));
    return (struct store_record){ .seq = seq, .kind = kind, .body = text, .gone = gone };
}

static int write_one(struct store *s, const struct store_record *r)
{
    sqlite3_stmt *statement = r->gone ? s->remove[r->kind] : s->write[r->kind];
    int at = sqlite3_bind_parameter_index(statement, "$seq");
    int rc = at == 0 ? SQLITE_OK : sqlite3_bind_int64(statement, at, (sqlite3_int64)r->seq);
    if (rc == SQLITE_OK)
        rc = sqlite3_bind_text(statement, sqlite3_bind_parameter_index(statement, "$body"), r->body,
                               -1, SQLITE_STATIC);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Looking for the row at the limit costs a walk over the index, so it is done once in a while. */
static int prune(struct store *s, size_t written)
{
    static const char *const tables[] = { "change", "event" };
    s->since_prune += (int64_t)written;
    if (s->since_prune < s->keep / 100)
        return SQLITE_OK;
    s->since_prune = 0;
    int rc = SQLITE_OK;
    for (size_t i = 0; i < ARRAY_SIZE(tables) && rc == SQLITE_OK; i++) {
        autofree char *sql = xasprintf("DELETE FROM %s WHERE seq <= (SELECT seq FROM %s"
                                       " ORDER BY seq DESC LIMIT 1 OFFSET %lld)",
                                       tables[i], tables[i], (long long)s->keep);
        rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
    }
    return rc;
}

static int note_last(struct store *s, uint64_t seq)
{
    autofree char *sql = xasprintf("UPDATE last SET seq = max(seq, %llu)", (unsigned long long)seq);
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL);
}

int store_write(struct store *s, const struct store_record *records, size_t n,
                struct problem *reterr)
{
    if (n == 0)
        return 0;
    int rc = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    for (size_t i = 0; i < n && rc == SQLITE_OK; i++)
        rc = write_one(s, &records[i]);
    if (rc == SQLITE_OK)
        rc = note_last(s, records[n - 1].seq);
    if (rc == SQLITE_OK)
        rc = prune(s, n);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        return 0;
    int error = sql_problem(s->path, s->db, rc, reterr);
    if (!sqlite3_get_autocommit(s->db)) /* some errors have rolled back by themselves */
        (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return error;
}

/* ---- reading ---- */

static json_t *column_json(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return text == NULL ? NULL : json_loads(text, JSON_DECODE_ANY, NULL);
}

/* {first column: second column as JSON} */
static int collect(sqlite3 *db, const char *sql, json_t *into)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    while (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        json_t *value = column_json(statement, 1);
        rc = value == NULL ? SQLITE_CORRUPT : SQLITE_OK;
        (void)json_object_set_new(into, (const char *)sqlite3_column_text(statement, 0), value);
    }
    sqlite3_finalize(statement);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int store_checkpoint(struct store *s, json_t **ret, struct problem *reterr)
{
    static const struct {
        const char *key, *sql;
    } parts[] = {
        { "resources", "SELECT id, body FROM resource ORDER BY id" },
        { "settings", "SELECT key, value FROM setting ORDER BY key" },
        { "operations", "SELECT id, body FROM operation WHERE state = 'running' ORDER BY seq" },
    };
    int64_t seq = 0;
    json_auto_t *checkpoint = json_object();
    int rc = integer(s->db, "SELECT seq FROM last", &seq);
    (void)json_object_set_new(checkpoint, "seq", json_integer(seq));
    for (size_t i = 0; i < ARRAY_SIZE(parts) && rc == SQLITE_OK; i++) {
        json_t *part = json_object();
        (void)json_object_set_new(checkpoint, parts[i].key, part);
        rc = collect(s->db, parts[i].sql, part);
    }
    if (rc != SQLITE_OK)
        return sql_problem(s->path, s->db, rc, reterr);
    *ret = json_incref(checkpoint);
    return 0;
}

/* A connection for one question. Not SQLITE_OPEN_READONLY: a reader of a WAL must be able to make
 * its shared memory file. */
static int open_reader(const char *path, sqlite3 **ret)
{
    int rc = sqlite3_open_v2(path, ret, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_busy_timeout(*ret, 5000);
        rc = sqlite3_exec(*ret, "PRAGMA query_only = ON", NULL, NULL, NULL);
    }
    return rc;
}

/* Columns: seq, kind, body, result. */
static json_t *row_json(sqlite3_stmt *statement)
{
    json_t *row = column_json(statement, 2), *result = column_json(statement, 3);
    if (!json_is_object(row)) {
        json_decref(row);
        json_decref(result);
        return NULL;
    }
    (void)json_object_set_new(row, "seq", json_integer(sqlite3_column_int64(statement, 0)));
    (void)json_object_set_new(row, "record",
                              json_string((const char *)sqlite3_column_text(statement, 1)));
    if (result != NULL)
        (void)json_object_set_new(row, "result", result);
    return row;
}

static int bind_named(sqlite3_stmt *statement, const char *name, const char *text)
{
    int at = sqlite3_bind_parameter_index(statement, name);
    return at == 0 || text == NULL ? SQLITE_OK
                                   : sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

static int rows(sqlite3 *db, const char *sql, const char *key, json_t *into)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = bind_named(statement, "$key", key);
    while (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        json_t *row = row_json(statement);
        rc = row == NULL ? SQLITE_CORRUPT : SQLITE_OK;
        if (row != NULL)
            (void)json_array_append_new(into, row);
    }
    sqlite3_finalize(statement);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int log_rows(sqlite3 *db, const struct store_query *q, unsigned limit, json_t *list)
{
    const char *of = q->resource == NULL ? "" : "AND resource = $key";
    unsigned long long before = q->before == 0 || q->before > INT64_MAX ? INT64_MAX : q->before;
    autofree char *sql = xasprintf(
        "SELECT * FROM (SELECT seq, 'change', body, result FROM change"
        "  WHERE seq < %llu %s ORDER BY seq DESC LIMIT %u)"
        " UNION ALL SELECT * FROM (SELECT seq, 'event', body, NULL FROM event"
        "  WHERE seq < %llu %s ORDER BY seq DESC LIMIT %u)"
        " ORDER BY 1 DESC LIMIT %u",
        before, of, limit + 1, before, of, limit + 1, limit + 1);
    return rows(db, sql, q->resource, list);
}

int store_log(const char *directory, const struct store_query *query, json_t **ret,
              struct problem *reterr)
{
    autofree char *path = xasprintf("%s/drd.db", directory);
    unsigned limit = query->limit < 1 ? 1 : query->limit > 1000 ? 1000 : query->limit;
    sqlite3 *db = NULL;
    json_t *list = json_array();
    json_auto_t *page = json_pack("{s:o}", "rows", list);
    int rc = open_reader(path, &db);
    if (rc == SQLITE_OK)
        rc = log_rows(db, query, limit, list);
    int error = rc == SQLITE_OK ? 0 : sql_problem(path, db, rc, reterr);
    (void)sqlite3_close(db);
    if (error < 0)
        return error;
    if (json_array_size(list) > limit) {
        (void)json_array_remove(list, limit);
        const json_t *last = json_array_get(list, limit - 1);
        (void)json_object_set(page, "next", json_object_get(last, "seq"));
    }
    *ret = json_incref(page);
    return 0;
}

int store_operation(const char *directory, const char *id, json_t **ret, struct problem *reterr)
{
    autofree char *path = xasprintf("%s/drd.db", directory);
    sqlite3 *db = NULL;
    json_auto_t *found = json_array(), *changes = json_array();
    int rc = open_reader(path, &db);
    if (rc == SQLITE_OK)
        rc = rows(db, "SELECT seq, 'operation', body, NULL FROM operation WHERE id = $key", id,
                  found);
    if (rc == SQLITE_OK)
        rc = rows(db,
                  "SELECT seq, 'change', body, result FROM change WHERE operation = $key"
                  " ORDER BY seq LIMIT 1000",
                  id, changes);
    int error = rc == SQLITE_OK ? 0 : sql_problem(path, db, rc, reterr);
    (void)sqlite3_close(db);
    if (error < 0)
        return error;
    if (json_array_size(found) == 0) {
        problem_set(reterr, "", "there is no operation \"%s\"", id);
        return -ENOENT;
    }
    json_t *operation = json_incref(json_array_get(found, 0));
    (void)json_object_set(operation, "changes", changes);
    *ret = operation;
    return 0;
}
