import ABI

/// The keyed hash of a flow, from `Sources/ABI/flow_hash.h`: C code shared by BPF and Swift, called here with the half that has its key.
package enum FlowHash {
  /// Addresses and ports in packet order (`ports`: source first). Never 0.
  @inline(__always) @_noLocks
  package static func v4(
    _ half: UnsafeMutablePointer<sluice_half>,
    source: UInt32,
    destination: UInt32,
    ports: UInt32,
    protocol number: UInt8
  ) -> UInt64 {
    sluice_flow_hash_v4(half, source, destination, ports, number)
  }

  /// The same for IPv6; each address as two words.
  @inline(__always) @_noLocks
  package static func v6(
    _ half: UnsafeMutablePointer<sluice_half>,
    source: (UInt64, UInt64),
    destination: (UInt64, UInt64),
    ports: UInt32,
    protocol number: UInt8
  ) -> UInt64 {
    sluice_flow_hash_v6(half, source.0, source.1, destination.0, destination.1, ports, number)
  }

  /// The same with addresses as numbers, IPv4 as ::ffff:a.b.c.d; for queries about a flow.
  package static func of(
    _ half: UnsafeMutablePointer<sluice_half>,
    source: (high: UInt64, low: UInt64),
    destination: (high: UInt64, low: UInt64),
    ports: UInt32,
    protocol number: UInt8
  ) -> UInt64 {
    guard destination.high == 0, destination.low >> 32 == 0xffff else {
      return v6(
        half,
        source: (source.high.bigEndian, source.low.bigEndian),
        destination: (destination.high.bigEndian, destination.low.bigEndian),
        ports: ports,
        protocol: number
      )
    }
    return v4(
      half,
      source: UInt32(truncatingIfNeeded: source.low).bigEndian,
      destination: UInt32(truncatingIfNeeded: destination.low).bigEndian,
      ports: ports,
      protocol: number
    )
  }
}
