/* SPDX-License-Identifier: MIT */
#include "model/requires.h"

void build_require_free(struct build_require *require)
{
	if (!require)
		return;
	g_free(require->name);
	g_free(require->stream);
	g_free(require->context);
	g_free(require->tag);
	g_free(require->marking);
	g_free(require->buildroot);
	g_free(require->srpm_buildroot);
	g_free(require->filter);
	g_free(require);
}
