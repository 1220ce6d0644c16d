/* SPDX-License-Identifier: MIT */
#ifndef CGI_HANDLERS_H
#define CGI_HANDLERS_H

/* What the route table calls; each handler has its file in cgi/handle/. */

#include "cgi/router.h"

handler_fn builds_list;
handler_fn builds_show;
handler_fn builds_submit;
handler_fn builds_change;
handler_fn build_modulemd;
handler_fn build_log;
handler_fn events_list;
handler_fn feed_of_all;
handler_fn feed_of_module;
handler_fn feed_of_owner;
handler_fn health_live;
handler_fn health_ready;
handler_fn metrics;
handler_fn states_list;
handler_fn static_file;
handler_fn status_show;

#endif
