import ABI
import Packet

/// The keyed hash of a 5-tuple: it names the flow, places it in the flow table and on the Maglev ring.
///
/// Two rounds of multiply and fold (the step of wyhash and of the kernel's own candidates for rhashtable), keyed by 256 bits that
/// only operators know: a client can't aim at a bucket or a server. SipHash was rejected: four times the cycles for 13 bytes. All
/// directors of a fleet hold the same key, so they agree on every flow without talking.
package struct FlowHash {
  @inline(__always) @_noLocks
  static func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
  }

  /// Never 0, which marks a free flow entry. Addresses and ports as they lie in the packet (`ports`: source first).
  @inline(__always) @_noLocks
  package static func v4(
    _ half: UnsafeMutablePointer<sluice_half>,
    source: UInt32,
    destination: UInt32,
    ports: UInt32,
    protocol number: UInt8
  ) -> UInt64 {
    let key = half.pointee.hash_key
    let addresses = UInt64(source) | UInt64(destination) &<< 32
    let rest = UInt64(ports) | UInt64(number) &<< 32
    let first = fold(addresses ^ key.0, rest ^ key.1)
    let hash = fold(first ^ key.2, rest ^ key.3)
    return hash == 0 ? 1 : hash
  }

  /// The same for IPv6, of the addresses' halves: two rounds more.
  @inline(__always) @_noLocks
  package static func v6(
    _ half: UnsafeMutablePointer<sluice_half>,
    source: (UInt64, UInt64),
    destination: (UInt64, UInt64),
    ports: UInt32,
    protocol number: UInt8
  ) -> UInt64 {
    let key = half.pointee.hash_key
    let from = fold(source.0 ^ key.0, source.1 ^ key.1)
    let to = fold(destination.0 ^ key.2, destination.1 ^ key.3)
    let rest = UInt64(ports) | UInt64(number) &<< 32
    // The two folds are keyed differently, so that a swap of the addresses is another flow.
    let first = fold(from ^ key.1, to ^ rest)
    let hash = fold(first ^ key.2, rest ^ key.3)
    return hash == 0 ? 1 : hash
  }
}
