/* SPDX-License-Identifier: MIT */
#ifndef CGI_VIEW_PAGE_H
#define CGI_VIEW_PAGE_H

/*
 * What all pages have: head, navigation, foot; badges of states, bars of progress; the page of an
 * error. A page that is about something running says how often it is to be asked for again; its
 * script does so and takes over what is new inside <div id="live">.
 */

#include "cgi/reply.h"
#include "cgi/request.h"
#include "cgi/view/json.h"
#include "model/build.h"
#include "store/event_list_store.h"

/* Where a page belongs in the navigation. */
enum page_place { PAGE_BUILDS, PAGE_EVENTS, PAGE_STATES, PAGE_STATUS, PAGE_ELSEWHERE };

struct page_head {
	const char *title;
	enum page_place place;
	unsigned live;            /* seconds until the script asks again; 0: nothing will change */
	unsigned reloads;         /* the same for browsers without scripts */
	struct event_filter feed; /* the state changes that a reader may subscribe to */
	struct event_filter news; /* those after which a live page is to be asked for at once */
};

/* Marks the reply as a page and begins it. */
void page_begin(const struct web_request *request, struct reply *reply,
		const struct page_head *head);
void page_end(struct reply *reply);

/* A link below the prefix: path is a literal of ours. */
#define page_link(request, out, literal) (html_attr((out), (request)->prefix), html((out), literal))

/* The address of a build's page. */
void page_build_link(const struct web_request *request, GString *out, uint64_t id);

/* A link to the list of all builds with this value of a filter. */
void page_filter_link(const struct web_request *request, GString *out, const char *filter,
		      const char *value);

/* The word of a link that leads nowhere from here. */
void page_no_link(GString *out, const char *word);

/* A state as a coloured word: kind is a class of ours, and the word too when that is NULL. */
void page_badge(GString *out, const char *kind, const char *word);

/* The badge of a state, which leads to the list of its builds. */
void page_state(const struct web_request *request, GString *out, enum build_state state);

/* A bar; what it says stands beside it as text. */
void page_progress(GString *out, uint64_t done, uint64_t all);

void view_problem_page(const struct web_request *request, const struct problem *problem,
		       struct reply *reply);

#endif
