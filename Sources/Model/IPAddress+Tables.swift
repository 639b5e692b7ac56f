import ABI

/// An address as the structs of `Sources/ABI/tables.h` hold it.
extension IPAddress {
  package typealias Bytes = (
    UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8, UInt8
  )

  /// As the tables hold it.
  package var tuple: Bytes {
    // Two words stored as they are, not `bytes`: that would allocate an array for each of 100,000 servers.
    withUnsafeBytes(of: (words.high.bigEndian, words.low.bigEndian)) { $0.loadUnaligned(as: Bytes.self) }
  }

  package init(_ tuple: Bytes) {
    self = withUnsafeBytes(of: tuple) { IPAddress(words: $0) }
  }

  /// `sluice_slot_hash` of it with a port and protocol; both 0 for the VIP itself.
  package func slotHash(port: UInt16 = 0, protocolNumber: UInt8 = 0) -> UInt32 {
    bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return 0 }
      return sluice_slot_hash(base, port.bigEndian, protocolNumber)
    }
  }
}
