import ABI

/// Maglev consistent hashing (Eisenbud et al., NSDI 2016, section 3.4): servers take turns filling a ring of slots, each in the order of its
/// own permutation. Shares are even, and a change of servers moves few slots.
package enum Maglev {
  /// One server's order of preference: slots `offset`, `offset + skip`, `offset + 2 skip`, … modulo the ring's size.
  package struct Permutation: Equatable, Sendable {
    /// 0 ..< size.
    package var offset: UInt32
    /// 1 ..< size.
    package var skip: UInt32

    package init(offset: UInt32, skip: UInt32) {
      self.offset = offset
      self.skip = skip
    }
  }

  /// A server as the ring knows it.
  package struct Server: Equatable, Sendable {
    /// A hash of the server's address, the same on every director. It alone decides the permutation and the order of turns; the position in a
    /// list does not.
    package var identity: UInt64
    /// 0: gets no slots.
    package var weight: Int
    /// The value in the ring's slots.
    package var index: UInt16

    package init(identity: UInt64, weight: Int, index: UInt16) {
      self.identity = identity
      self.weight = weight
      self.index = index
    }

    package func permutation(size: Int) -> Permutation {
      let offset = Maglev.mix(identity) % UInt64(size)
      let skip = Maglev.mix(identity ^ 0x736b_6970_736b_6970) % UInt64(size - 1) + 1
      return Permutation(offset: UInt32(offset), skip: UInt32(skip))
    }
  }

  /// The finalizer of splitmix64: every input bit affects every output bit.
  package static func mix(_ value: UInt64) -> UInt64 {
    sluice_mix64(value)
  }

  /// Fills the ring with the indices of the servers with a weight above 0, in proportion to their weights. Without such servers every slot is
  /// marked as unowned.
  ///
  /// - Parameter size: a prime, at most `UInt32.max / 2`.
  /// - Complexity: size × ln(size) at worst, whatever the weights.
  package static func fill(ring: UnsafeMutablePointer<UInt16>, size: Int, servers: [Server]) {
    let taking = servers.filter { $0.weight > 0 }
      .sorted { ($1.weight, $0.identity, $0.index) < ($0.weight, $1.identity, $1.index) }
    var filling = MaglevFilling(
      ring: ring,
      size: size,
      permutations: taking.map { $0.permutation(size: size) },
      indices: taking.map(\.index)
    )
    var turns = MaglevTurns(weights: taking.map(\.weight))
    while !filling.isComplete, let turn = turns.next() { filling.take(turn) }
  }

  /// The paper's example table: servers 0, 1, 2, … of equal weight, in that order, with the given permutations.
  package static func fill(ring: UnsafeMutablePointer<UInt16>, size: Int, permutations: [Permutation]) {
    var filling = MaglevFilling(
      ring: ring,
      size: size,
      permutations: permutations,
      indices: permutations.indices.map { UInt16($0) }
    )
    while !filling.isComplete, !permutations.isEmpty { filling.take(0..<permutations.count) }
  }
}
