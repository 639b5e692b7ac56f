import Glibc
import Model
import Netlink

/// The clock flow entries are stamped with.
package enum MonotonicClock {
  /// Seconds of CLOCK_MONOTONIC.
  @Sendable package static func seconds() -> UInt32 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt32(truncatingIfNeeded: time.tv_sec)
  }
}
