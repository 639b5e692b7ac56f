import Glibc

/// The clock that flow entries are stamped with.
package enum MonotonicClock {
  /// Seconds of CLOCK_MONOTONIC.
  @Sendable package static func seconds() -> UInt32 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt32(truncatingIfNeeded: time.tv_sec)
  }
}

/// The clock for times shown to operators.
package enum WallClock {
  /// Seconds since 1970.
  @Sendable package static func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
