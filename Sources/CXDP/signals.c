/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "include/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

/* A handler and a pipe. signalfd and sigwait need the signals blocked in every thread, but the Swift runtime has started threads
 * before any of our code runs. */
static int pipe_ends[2] = { -1, -1 };

static void on_signal(int number)
{
	unsigned char byte = (unsigned char)number;
	int saved = errno;
	ssize_t written = write(pipe_ends[1], &byte, 1);

	(void)written; /* a full pipe has thousands of unread signals: one more may be lost */
	errno = saved;
}

int signals_catch(void)
{
	const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

	if (pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK))
		return -errno;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (sigaction(numbers[i], &action, NULL))
			return -errno;
	return pipe_ends[0];
}

int signals_next(int descriptor, int milliseconds)
{
	struct pollfd wait = { .fd = descriptor, .events = POLLIN };
	unsigned char byte;

	if (poll(&wait, 1, milliseconds) <= 0)
		return 0;
	return read(descriptor, &byte, 1) == 1 ? byte : 0;
}
