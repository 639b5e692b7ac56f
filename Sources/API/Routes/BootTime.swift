import Glibc

/// CLOCK_BOOTTIME (clock_gettime(2)).
enum BootTime {
  static var now: Duration {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  static func milliseconds(in wait: Duration) -> Int64 {
    let parts = (now + wait).components
    return parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000
  }
}
