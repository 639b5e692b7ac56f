import ABI

/// The tables of IPVS's `sh` and `dh` schedulers (ip_vs_sh.c, ip_vs_dh.c), as rings of 256 slots.
package enum SourceHash {
  /// `sh`: each server in turn gets as many slots as its weight says, and one at weight 0.
  ///
  /// - Parameter weights: by number, the newest server first.
  package static func fill(ring: UnsafeMutablePointer<UInt16>, size: Int, weights: [Int]) {
    guard !weights.isEmpty else { return ring.update(repeating: UInt16(SLUICE_NO_MEMBER), count: size) }
    var (number, count) = (0, 0)
    for slot in 0..<size {
      ring[slot] = UInt16(number)
      count += 1
      if count >= weights[number] { (number, count) = ((number + 1) % weights.count, 0) }
    }
  }
}
