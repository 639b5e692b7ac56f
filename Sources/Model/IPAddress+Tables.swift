import ABI

/// Conversion from and to the address fields of `Sources/ABI/tables.h`.
extension IPAddress {
  package typealias Bytes = (
    UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8
  )

  /// The field's value.
  package var tuple: Bytes {
    // Two words stored as they are, not `bytes`: that would allocate an array for each of 100,000 servers.
    withUnsafeBytes(of: (words.high.bigEndian, words.low.bigEndian)) { $0.loadUnaligned(as: Bytes.self) }
  }

  package init(_ tuple: Bytes) {
    self = withUnsafeBytes(of: tuple) { IPAddress(words: $0) }
  }

  /// `sluice_slot_hash` of the address, port and protocol; port and protocol are 0 for the entry of a VIP.
  package func slotHash(port: UInt16 = 0, protocolNumber: UInt8 = 0) -> UInt32 {
    bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return 0 }
      return sluice_slot_hash(base, port.bigEndian, protocolNumber)
    }
  }
}
