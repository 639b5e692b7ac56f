import ABI
import Packet

/// Finds the virtual service of an address, protocol and port, exactly as `BPF/common/lookup.h` does.
extension Tables {
  /// Whether the address may be a VIP: one bit of 4096. False means it certainly is none.
  @inline(__always) @_noLocks
  func maybeVIP(_ hash: UInt32) -> Bool {
    let bit = Int(truncatingIfNeeded: hash & 4095)
    let words = UnsafeMutableRawPointer(half) + SLUICE_HALF_VIP_FILTER
    return words.raw64((bit &>> 6) &* 8) & (1 &<< UInt64(bit & 63)) != 0
  }

  /// The slot's value for the key: a service's index, or a VIP's number of services for protocol 0; `SLUICE_NO_SERVICE` if there is none. The
  /// address is two words in memory order.
  @inline(__always) @_noLocks
  func find(_ high: UInt64, _ low: UInt64, port: UInt16, protocol number: UInt8) -> UInt32 {
    slot(high, low, port: port, protocol: number)?.pointee.service ?? UInt32(truncatingIfNeeded: SLUICE_NO_SERVICE)
  }

  /// The key's slot; nil if there is none.
  @inline(__always) @_noLocks
  func slot(_ high: UInt64, _ low: UInt64, port: UInt16, protocol number: UInt8) -> UnsafeMutablePointer<sluice_slot>? {
    let mask = half.pointee.slot_mask
    var slot = sluice_slot_hash_words(high, low, port, number) & mask
    var probe = 0
    let key = UInt32(port) | UInt32(number) &<< 16
    while probe < SLUICE_PROBES {
      let entry = UnsafeMutableRawPointer(slots + Int(slot))
      if entry.raw32(20) == UInt32(truncatingIfNeeded: SLUICE_NO_SERVICE) { return nil }
      if entry.raw64(0) == high && entry.raw64(8) == low && entry.raw32(16) & 0x00ff_ffff == key { return slots + Int(slot) }
      slot = (slot &+ 1) & mask
      probe &+= 1
    }
    return nil
  }

  /// The service of a packet: an exact port takes precedence over any port (Docs/packets.md, "Steering").
  @inline(__always) @_noLocks
  func service(_ high: UInt64, _ low: UInt64, port: UInt16, protocol number: UInt8) -> UInt32 {
    let exact = find(high, low, port: port, protocol: number)
    if exact != UInt32(truncatingIfNeeded: SLUICE_NO_SERVICE) || port == 0 { return exact }
    return find(high, low, port: 0, protocol: number)
  }

  @inline(__always) @_noLocks
  func isVIP(_ high: UInt64, _ low: UInt64) -> Bool {
    guard maybeVIP(sluice_slot_hash_words(high, low, 0, 0)) else { return false }
    return find(high, low, port: 0, protocol: 0) != UInt32(truncatingIfNeeded: SLUICE_NO_SERVICE)
  }

  /// The lower half of an IPv4 address's 16 bytes, `::ffff:a.b.c.d`; the upper half is 0.
  @inline(__always) @_noLocks
  static func mapped(_ address: UInt32) -> UInt64 {
    UInt64(address) &<< 32 | 0xffff_0000  // little endian: bytes 8...11 are 0, 0, 0xff, 0xff
  }

  /// SLUICE_SLOT_* of the VIP; -1 for an address that is not a VIP.
  @inline(__always) @_noLocks
  func vipFlags(_ high: UInt64, _ low: UInt64) -> Int {
    guard maybeVIP(sluice_slot_hash_words(high, low, 0, 0)), let vip = slot(high, low, port: 0, protocol: 0) else { return -1 }
    return Int(vip.pointee.flags)
  }
}
