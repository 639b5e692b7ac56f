import Glibc

/// The times of all rounds of one side.
struct Measurement: Codable {
  private(set) var nanoseconds: [Double] = []

  mutating func add(_ value: Double) { nanoseconds.append(value) }

  var median: Double {
    let sorted = nanoseconds.sorted()
    guard !sorted.isEmpty else { return 0 }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
  var least: Double { nanoseconds.min() ?? 0 }
  var greatest: Double { nanoseconds.max() ?? 0 }
}

/// CLOCK_MONOTONIC_RAW in nanoseconds: without clock adjustments during a measurement.
func monotonicNanoseconds() -> UInt64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC_RAW, &time)
  return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
}
