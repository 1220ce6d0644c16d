/* SPDX-License-Identifier: MIT */
#ifndef MMD_DOCUMENT_H
#define MMD_DOCUMENT_H

/*
 * modulemd documents, text in and text out: the door to libmodulemd. Hostile text first passes
 * base/yaml_events. Versions 1 and 2 and packager versions 2 and 3 are read, strictly; version 2 is
 * written.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* An RPM component as the document has it; NULL where it says nothing. */
struct document_component {
	char *name;
	char *repository;
	char *cache;
	char *ref;
	char *arches;    /* separated by blanks, or NULL */
	char **multilib; /* architectures that also get RPMs of smaller ones */
	int build_order;
	bool build_only;
	bool has_build_after;
};

/* A module that is built with. */
struct document_require {
	char *name;
	char **streams; /* as the document has them: a minus sign before one that is not wanted;
			   none: any */
};

struct document {
	char *name;            /* NULL: the document has none */
	char *stream;          /* NULL: none */
	uint64_t version;      /* 0: none */
	char *context;         /* NULL: none */
	GPtrArray *components; /* struct document_component, by name */
	bool has_module_components;
	bool has_reserved_xmd; /* xmd.mbs is there */
	char **filter;         /* names of RPMs */
	char **whitelist;      /* buildopts.rpms.whitelist, names of source RPMs, or NULL */
	char *macros;          /* buildopts.rpms.macros, or NULL */

	GPtrArray *build_requires; /* struct document_require, by name */
	bool has_variants;         /* its blocks of dependencies differ in what they build with;
				      build_requires are those of the first one */

	/* RPMs of the profiles of these names: what buildroots get that are built with this module,
	 * and those in which source RPMs are made. NULL: there is no such profile. */
	char **buildroot;
	char **srpm_buildroot;

	/* xmd.mbs_options, which authors may set */
	char **blocked_packages; /* NULL: none */
	int repo_include_all;    /* 0 or 1; -1: not set. As the next one */
	int dynamic_buildrequires;

	/* xmd.mbs, which no submission may have; NULL: not there */
	char *koji_tag;
	char *marking; /* of dist tags: disttag_marking */
};
typedef struct document Document;
void document_free(struct document *document);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Document, document_free)

/*
 * Reads and validates a text, a submitted or a stored one; every name in it fits model/names.h.
 * Errors: UNACCEPTABLE with the place and the library's words.
 */
bool document_read(const char *text, size_t length, struct document **ret, GError **error);

/* Where a submitted document was found. */
struct document_place {
	const char *repository; /* the repository's name */
	const char *branch;     /* as the submission names it, or NULL */
};
/*
 * Whether a document may be submitted from there, and its stream: the document's, else the branch,
 * else "master". Errors: UNACCEPTABLE for a name or stream that contradicts the place, a version,
 * what is reserved for the service, more components than are built in one module, and what it does
 * not do yet.
 */
#define DOCUMENT_COMPONENTS_MAX 2000
bool document_check(const struct document *document, const struct document_place *place,
		    char **ret_stream, GError **error);

/* What a submission's document becomes when it is stored. */
struct document_identity {
	const char *name;
	const char *stream;
	uint64_t version;
	const char *context;
	const char *scmurl;
	const char *commit;
	/* resolved components, for xmd.mbs.rpms */
	const char *const *component_names; /* NULL-terminated */
	const char *const *component_commits;
	const GPtrArray *requires; /* struct build_require, for xmd.mbs.buildrequires; NULL: none */
};
/* The document to store: version 2 with its identity and xmd.mbs. The caller owns the text. Errors:
 * UNACCEPTABLE, also when writing would change its macros. */
bool document_store(const char *text, const struct document_identity *identity, char **ret,
		    GError **error);

/* What building added to a document. */
struct document_artifacts {
	const char *arch;
	bool is_devel;               /* they are what the module itself does not have */
	const char *const *nevras;   /* NULL-terminated, "n-e:v-r.a", the epoch always there */
	const char *const *licenses; /* of the content, NULL-terminated */
};
/* The final document for repositories: arch and artifacts set, components' repositories, caches and
 * xmd.mbs removed. That of a -devel module has its name, requires the module, and has no API and no
 * profiles. */
bool document_finish(const char *stored, const struct document_artifacts *artifacts, char **ret,
		     GError **error);

/* The stored document under the name of its -devel module, and nothing else changed. */
#define DOCUMENT_DEVEL_SUFFIX "-devel"
bool document_devel(const char *stored, char **ret, GError **error);

/* The version of the library behind all this; lent. */
const char *document_library_version(void);

#endif
