import Configuration
import Model
import Reconciler

/// A classic pcap file's header (draft-ietf-opsawg-pcap section 4): what its records are to be read by.
package struct CaptureFormat: Equatable, Sendable {
  /// Fractions of a second are nanoseconds, not microseconds.
  package var isNanosecond: Bool
  /// Numbers lie in the other byte order than this machine's.
  package var isSwapped: Bool

  package static let length = 24
  /// Of a record's header.
  package static let recordLength = 16
  /// Bytes of one packet at most: MAXIMUM_SNAPLEN of libpcap (pcap-int.h), whatever the header says.
  package static let packetLimit = 262_144

  static let microsecondMagic: UInt32 = 0xa1b2_c3d4
  static let nanosecondMagic: UInt32 = 0xa1b2_3c4d
  static let ethernet: UInt32 = 1

  package init(isNanosecond: Bool, isSwapped: Bool = false) {
    self.isNanosecond = isNanosecond
    self.isSwapped = isSwapped
  }

  /// - Parameter header: the file's first bytes, `length` of them unless it is shorter.
  init(_ header: ArraySlice<UInt8>) throws(CaptureError) {
    guard header.count >= 4 else { throw .notACapture }
    let magic = header.word(0, isSwapped: false)
    switch magic {
    case Self.microsecondMagic, Self.microsecondMagic.byteSwapped: isNanosecond = false
    case Self.nanosecondMagic, Self.nanosecondMagic.byteSwapped: isNanosecond = true
    // A section header block (draft-ietf-opsawg-pcapng 4.1): the same in both byte orders.
    case 0x0a0d_0d0a: throw .nextGeneration
    default: throw .notACapture
    }
    isSwapped = magic != Self.microsecondMagic && magic != Self.nanosecondMagic
    guard header.count == Self.length else { throw .cutHeader }
    let link = header.word(20, isSwapped: isSwapped)
    // The upper half says how many bytes of frame check sequence follow each frame; sockets never have any.
    guard link & 0xffff == Self.ethernet else { throw .linkType(link & 0xffff) }
    guard link & 0x0400_0000 == 0 || link >> 28 == 0 else { throw .frameCheckSequence }
  }

  /// The header of a file in this resolution and this machine's byte order.
  package var header: [UInt8] {
    let magic = isNanosecond ? Self.nanosecondMagic : Self.microsecondMagic
    // Version 2.4; time zone and accuracy are 0 in every file there is.
    return native(magic) + native(UInt16(2)) + native(UInt16(4)) + native(UInt32(0)) + native(UInt32(0))
      + native(UInt32(Self.packetLimit)) + native(Self.ethernet)
  }
}

/// When a packet was captured, as its record says it.
package struct CaptureTime: Equatable, Sendable {
  /// Since 1970.
  package var seconds: UInt32
  /// In the file's unit.
  package var fraction: UInt32

  package init(seconds: UInt32, fraction: UInt32) {
    self.seconds = seconds
    self.fraction = fraction
  }
}

/// Why a file can't be replayed, or no further.
package enum CaptureError: Error, Equatable, Sendable {
  case notACapture
  case nextGeneration
  case cutHeader
  case linkType(UInt32)
  case frameCheckSequence
  /// Packets count from 1.
  case cutPacket(Int)
  case absurdLength(packet: Int, bytes: UInt32)
}

extension CaptureError: CustomStringConvertible {
  /// What follows the file's name and a colon.
  package var description: String {
    switch self {
    case .notACapture: "it is no pcap file; record one with 'tcpdump -w FILE'"
    case .nextGeneration: "it is a pcapng file; convert it with 'editcap -F pcap IN OUT' or 'tcpdump -r IN -w OUT'"
    case .cutHeader: "it ends within its header; record it again"
    case .linkType(let number): "its link type is \(number), not 1 (Ethernet); record on an Ethernet interface, not on 'any'"
    case .frameCheckSequence: "its frames carry a check sequence; record without it"
    case .cutPacket(let number):
      "it ends within packet \(number), those before were replayed; record it again, or leave it at that"
    case .absurdLength(let number, let bytes):
      "packet \(number) claims \(bytes) bytes, more than \(CaptureFormat.packetLimit); the file is broken from there on"
    }
  }
}

extension ArraySlice<UInt8> {
  /// The 32-bit number at `offset` of the slice.
  func word(_ offset: Int, isSwapped: Bool) -> UInt32 {
    let bytes = self[(startIndex + offset)..<(startIndex + offset + 4)]
    let little = bytes.reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return isSwapped ? UInt32(littleEndian: little).byteSwapped : UInt32(littleEndian: little)
  }
}

func native<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }
