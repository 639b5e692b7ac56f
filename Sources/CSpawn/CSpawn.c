#define _GNU_SOURCE
#include "CSpawn.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// The child runs on the parent's memory: system calls only, and the raw ones where glibc's would tell all threads (setresuid and kin).
static void run(const char *const *arguments, const char *const *environment, int changes_user, uid_t user, gid_t group, const gid_t *groups,
		size_t group_count)
{
	setpgid(0, 0);
	int null = open("/dev/null", O_RDWR);
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		return;
	// Sockets, maps and rings of the daemon are close-on-exec, but a library's may not be.
	syscall(SYS_close_range, 3U, ~0U, 0U);
	if (changes_user && (syscall(SYS_setgroups, group_count, groups) != 0 || syscall(SYS_setresgid, group, group, group) != 0 ||
			     syscall(SYS_setresuid, user, user, user) != 0))
		return;
	// After the change of user, which clears it: a script does not outlive the daemon.
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, 0);
	signal(SIGPIPE, SIG_DFL);
	execve(arguments[0], (char *const *)arguments, (char *const *)environment);
}

pid_t spawn_program(const char *const *arguments, const char *const *environment, int changes_user, uid_t user, gid_t group,
		    const gid_t *groups, size_t group_count)
{
	sigset_t all, former;
	// A handler of the daemon must not run in the child.
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &former);
	pid_t process = vfork();
	if (process == 0) {
		run(arguments, environment, changes_user, user, group, groups, group_count);
		_exit(127);
	}
	pthread_sigmask(SIG_SETMASK, &former, 0);
	return process;
}

int open_process(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0U); }
