/* SPDX-License-Identifier: MIT */
#ifndef PORTS_SCM_SCM_H
#define PORTS_SCM_SCM_H

/*
 * Source control: one commit of a repository, read without a work tree. URLs are parsed once,
 * checked against the allow-list by scheme, host, port and path segment, rebuilt, and only then
 * given to git with an address that we resolved and vetted. A fetched commit lives in a bare
 * repository in a temporary folder until it is closed.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct scm_rules {
	char *const *allow; /* SCHEME://HOST[:PORT]/PATH/ entries */
	bool private_addresses;
	unsigned timeout;     /* seconds of one git process */
	uint64_t max_bytes;   /* of one fetch */
	const char *work_dir; /* where temporary folders are made */
};

/* A submission's URL, taken apart. */
struct scm_url {
	char *repository; /* rebuilt: scheme://host[:port]/path */
	char *server;     /* host:port, for limits per server */
	char *name;       /* last path segment without ".git" */
	char *path;       /* the document inside the repository, or NULL */
	char *ref;        /* full hash or branch; NULL: none was named */
};
typedef struct scm_url ScmUrl;
void scm_url_free(struct scm_url *url);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ScmUrl, scm_url_free)

/*
 * Reads "git://host/modules/foo.git[/foo.yaml]?#ref". Errors: MALFORMED for what is no SCM URL or
 * names a short hash, FORBIDDEN when its server or path is not on the allow-list.
 */
bool scm_url_read(const char *text, const struct scm_rules *rules, struct scm_url **ret,
		  GError **error);

/* The same checks for a component's repository URL without a ref. */
bool scm_repository_check(const char *text, const struct scm_rules *rules, struct scm_url **ret,
			  GError **error);

struct scm_commit;
typedef struct scm_commit ScmCommit;

/*
 * Fetches one commit: ref is a full hash or a branch, NULL the branch "master". Errors:
 * UNACCEPTABLE when the repository, branch or commit does not exist, UNAVAILABLE for servers that
 * are away or too slow.
 */
bool scm_fetch(const struct scm_url *url, const char *ref, const struct scm_rules *rules,
	       struct scm_commit **ret, GError **error);
void scm_commit_close(struct scm_commit *commit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ScmCommit, scm_commit_close)

/* The full hash; the committer's time in microseconds since 1970. */
const char *scm_commit_hash(const struct scm_commit *commit);
int64_t scm_commit_time(const struct scm_commit *commit);

/* A regular file's bytes. Errors: MISSING when it is not there; UNACCEPTABLE when it is no regular
 * file or larger than max. */
bool scm_commit_read(struct scm_commit *commit, const char *path, size_t max, char **ret,
		     size_t *ret_length, GError **error);

/* An entry at the top of the tree. */
struct scm_entry {
	char *name;
	bool is_regular; /* not a symlink, folder or submodule */
	uint64_t size;
};
/* The regular and other entries at the top; an array of struct scm_entry. Errors: UNACCEPTABLE over
 * 10,000 entries. */
bool scm_commit_list(struct scm_commit *commit, GPtrArray **ret, GError **error);
void scm_entry_free(struct scm_entry *entry);

/* Writes all regular files at the top of the tree into an empty folder, mode 0644. */
bool scm_commit_export(struct scm_commit *commit, const char *folder, uint64_t max_bytes,
		       GError **error);

#endif
