/* SPDX-License-Identifier: MIT */
#include "cgi/handlers.h"

#include "cgi/view/json.h"
#include "cgi/view/states_page.h"

bool states_list(struct app *app, const struct web_request *request, struct reply *reply,
		 GError **error)
{
	(void)app;
	(void)error;
	if (request->wants_page) {
		view_states_page(request, reply);
		return true;
	}
	view_json(reply);
	view_states_json(reply->body);
	return true;
}
