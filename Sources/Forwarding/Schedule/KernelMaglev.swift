import ABI

/// The ring of IPVS's `mh` scheduler, slot for slot (net/netfilter/ipvs/ip_vs_mh.c, on 64-bit machines): directors of both kinds can share a
/// VIP behind one router.
///
/// Its hash keys are public and its input is a sum, so a client can aim at one server. Our own default is `Maglev`.
package enum KernelMaglev {
  package struct Server: Equatable, Sendable {
    /// The address as one number: IPv4 in host order, IPv6 as the XOR of its four words.
    package var address: UInt32
    package var port: UInt16
    /// The latest weight above 0; 0: gets no slots.
    package var weight: Int

    package init(address: UInt32, port: UInt16, weight: Int) {
      self.address = address
      self.port = port
      self.weight = weight
    }
  }

  // Computed: a stored one would be a lazy global on the packet path.
  private static var key1: UInt64 {
    @inline(__always) @_noLocks get { 2_654_435_761 }
  }
  private static let key2: UInt64 = 2_654_446_892

  /// The number that selects a slot.
  @inline(__always) @_noLocks
  static func hash(address: UInt32, port: UInt32, offset: UInt32) -> UInt32 {
    sluice_mh_hash(offset &+ port &+ address, key1)
  }

  /// Fills the ring with the numbers of the servers, in their order: that of the kernel's list, the newest first.
  ///
  /// - Parameter size: of `RingSize.ofKernel`.
  package static func fill(ring: UnsafeMutablePointer<UInt16>, size: Int, servers: [Server]) {
    ring.update(repeating: UInt16(SLUICE_NO_MEMBER), count: size)
    let turns = turns(servers.map(\.weight), size: size)
    let taking = servers.indices.filter { turns[$0] > 0 }
    guard !taking.isEmpty else { return }
    var taken = [Bool](repeating: false, count: size)
    var next = servers.map { first($0, key1) % size }
    let skips = servers.map { first($0, key2) % (size - 1) + 1 }
    var count = 0
    while true {
      for number in taking {
        for _ in 0..<turns[number] {
          var slot = next[number]
          while taken[slot] {
            slot += skips[number]
            if slot >= size { slot -= size }
          }
          taken[slot] = true
          ring[slot] = UInt16(number)
          next[number] = slot
          count += 1
          if count == size { return }
        }
      }
    }
  }

  private static func first(_ server: Server, _ key: UInt64) -> Int {
    Int(sluice_mh_hash(UInt32(server.port) &+ server.address, key))
  }

  /// How many slots each server takes at a time: its weight by the greatest common divisor, shifted so that the greatest has no more than
  /// half as many bits as the number of the ring's size.
  static func turns(_ weights: [Int], size: Int) -> [Int] {
    let divisor = weights.filter { $0 > 0 }.reduce(0, greatestCommonDivisor)
    guard divisor > 0, let greatest = weights.max() else { return weights.map { _ in 0 } }
    let bits = Int.bitWidth - (greatest / divisor).leadingZeroBitCount
    let shift = max(0, bits - halfBits(size))
    return weights.map { weight in
      let turns = (weight / divisor) >> shift
      return turns == 0 && weight > 0 ? 1 : turns
    }
  }

  /// `IP_VS_MH_TAB_BITS`: half of the table's index, which is 8 for 251 slots and 17 for 131071.
  private static func halfBits(_ size: Int) -> Int { (Int.bitWidth - size.leadingZeroBitCount) / 2 }

  private static func greatestCommonDivisor(_ left: Int, _ right: Int) -> Int {
    var (left, right) = (left, right)
    while right > 0 { (left, right) = (right, left % right) }
    return left
  }
}
