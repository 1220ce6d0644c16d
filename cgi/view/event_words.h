/* SPDX-License-Identifier: MIT */
#ifndef CGI_VIEW_EVENT_WORDS_H
#define CGI_VIEW_EVENT_WORDS_H

/* How choices of state changes are spoken of and linked to. */

#include "store/event_list_store.h"

/* "module foo" */
void event_filter_words(GString *out, const struct event_filter *filter);

/* "name=foo", escaped; nothing for all events. */
void event_filter_query(GString *out, const struct event_filter *filter);

/* The path of the Atom feed below the prefix: "/rida/feeds/modules/foo". That of a build is the
 * one of all builds. */
void event_feed_path(GString *out, const struct event_filter *filter);

/* The state that the build went to. */
const char *event_state_word(const struct event_facts *event);

#endif
