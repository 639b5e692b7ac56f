#ifndef CSPAWN_H
#define CSPAWN_H

#include <sys/types.h>

/// Starts a program in a process group of its own, as another user if `user` is set, with /dev/null as input and output.
///
/// `posix_spawn` can't change the user, and `fork` would copy the page tables of the daemon's packet memory and make the workers fault on their
/// next writes. `vfork` shares the memory until the program runs; only the calling thread waits for that.
///
/// - Returns: the process, or -1 with errno; a program that can't be run ends with 127, like a shell's.
pid_t spawn_program(const char *const *arguments, const char *const *environment, int changes_user, uid_t user, gid_t group,
		    const gid_t *groups, size_t group_count);

/// A descriptor that is readable once the process has ended; -1 with errno.
int open_process(pid_t process);

#endif
