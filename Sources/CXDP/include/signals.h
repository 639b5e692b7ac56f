/* SPDX-License-Identifier: Apache-2.0 */
/* Signals as bytes of a pipe. */
#ifndef SLUICE_SIGNALS_H
#define SLUICE_SIGNALS_H

/* From now on SIGTERM, SIGINT and SIGHUP don't end the process: each is a byte, its number, to be read from the returned descriptor. -errno. */
int signals_catch(void);

/* The next signal's number; 0 after so many milliseconds without one, -1 milliseconds: no limit. */
int signals_next(int descriptor, int milliseconds);

#endif
