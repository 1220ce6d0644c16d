/* SPDX-License-Identifier: MIT */
/*
 * The least that a FastCGI program can do: 300 bytes of JSON to whoever asks. What rida is measured
 * against, behind the same web server, in the same run.
 *
 *	hello SOCKET WORKERS
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcgiapp.h>

#define BODY_LENGTH 300

/* The whole answer, written once: libfcgi's own printf takes no wide field. */
static int make_answer(char *answer, size_t size)
{
	return snprintf(
		answer, size,
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n{\"hello\": \"%0*d\"}\n",
		BODY_LENGTH, BODY_LENGTH - (int)strlen("{\"hello\": \"\"}\n"), 0);
}

static int serve(int socket)
{
	char answer[BODY_LENGTH + 100];
	int length = make_answer(answer, sizeof answer);
	FCGX_Request request;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (FCGX_InitRequest(&request, socket, 0))
		return EXIT_FAILURE;
	while (!FCGX_Accept_r(&request)) {
		FCGX_PutStr(answer, length, request.out);
		FCGX_Finish_r(&request);
	}
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	int socket;

	if (argc != 3 || FCGX_Init())
		return EXIT_FAILURE;
	socket = FCGX_OpenSocket(argv[1], 128);
	if (socket < 0)
		return EXIT_FAILURE;
	for (long workers = strtol(argv[2], NULL, 10); workers > 0; workers--) {
		if (!fork())
			return serve(socket);
	}
	while (wait(NULL) > 0)
		;
	return EXIT_SUCCESS;
}
