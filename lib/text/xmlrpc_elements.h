/* SPDX-License-Identifier: MIT */
#ifndef TEXT_XMLRPC_ELEMENTS_H
#define TEXT_XMLRPC_ELEMENTS_H

/* The elements of XML-RPC, and which may stand where. */

#include <stdbool.h>
#include <stdint.h>

enum element {
	E_VALUE,
	E_NAME,
	E_MEMBER,
	E_STRING,
	E_INT,
	E_NIL,
	E_BOOLEAN,
	E_DOUBLE,
	E_STRUCT,
	E_ARRAY,
	E_DATA,
	E_BASE64,
	E_DATE,
	E_PARAM,
	E_PARAMS,
	E_FAULT,
	E_METHOD_NAME,
	E_RESPONSE,
	E_CALL,
	E_DOCUMENT, /* what the outermost element stands in */
	E__COUNT
};

#define IN(element) (1u << (element))

/* How many elements may stand in an element, of those that name it as a parent. */
enum content {
	TEXT_ONLY,
	AT_MOST_ONE, /* and text when there is none */
	ONE,
	ONE_OF_EACH,
	MANY,
};

struct element_rule {
	uint32_t parents;
	enum content content;
	uint32_t wants; /* of ONE_OF_EACH: the children that must be there, */
	uint32_t first; /* and the one that must be the first */
};
extern const struct element_rule element_rules[E__COUNT];

/* What messages call it. */
const char *element_name(enum element element);

/* Whether there is an element of that name. */
bool element_find(const char *name, enum element *ret);

#endif
