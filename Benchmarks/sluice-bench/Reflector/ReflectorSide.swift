import CReflector
import Glibc

/// One side of the comparison: its veth pair, its thread, and a generator.
struct ReflectorSide {
  let pair: (near: String, far: String)
  let time: WorkerTime
  let generator: Generator

  struct Sample {
    /// Packets a second: made by the generator, and returned to the far end of the pair.
    var offered, returned: Double
    /// CPU time of the thread, for each packet returned.
    var nanoseconds: Double
  }

  /// Measures again, a few times, if nearly nothing came back: then something else had the thread's CPU all the time.
  func measure(_ packets: Int) throws -> Sample {
    for _ in 0..<10 {
      if let sample = try attempt(packets) { return sample }
    }
    throw BenchDaemon.Failure(
      description: "packets into \(pair.near) do not come back to \(pair.far), or the machine is too busy"
    )
  }

  /// - Returns: nil if less than a receive ring of packets came back.
  private func attempt(_ packets: Int) throws -> Sample? {
    try time.waitUntilIdle()
    let counted = generator_received(pair.far)
    let (start, before) = (monotonicNanoseconds(), try time.nanoseconds())
    try generator.send(packets)
    let elapsed = Double(monotonicNanoseconds() - start) / 1e9
    // The rest of the receive ring, at most 2048 packets.
    usleep(20_000)
    let used = try time.nanoseconds() - before
    let returned = generator_received(pair.far) - counted
    guard counted >= 0 else { throw BenchDaemon.Failure(description: "no count of packets of \(pair.far)") }
    guard returned > 2048 else { return nil }
    return Sample(
      offered: Double(packets) / elapsed,
      returned: Double(returned) / elapsed,
      nanoseconds: Double(used) / Double(returned)
    )
  }
}
