import Configuration
import Model
import Reconciler

/// The header of a classic pcap file (draft-ietf-opsawg-pcap section 4): how to read its records.
package struct CaptureFormat: Equatable, Sendable {
  /// Fractions of a second are nanoseconds, not microseconds.
  package var isNanosecond: Bool
  /// Numbers have the opposite of this machine's byte order.
  package var isSwapped: Bool

  package static let length = 24
  /// Length of a record's header.
  package static let recordLength = 16
  /// The longest packet in bytes: MAXIMUM_SNAPLEN of libpcap (pcap-int.h), whatever the header says.
  package static let packetLimit = 262_144

  static let microsecondMagic: UInt32 = 0xa1b2_c3d4
  static let nanosecondMagic: UInt32 = 0xa1b2_3c4d
  static let ethernet: UInt32 = 1

  package init(isNanosecond: Bool, isSwapped: Bool = false) {
    self.isNanosecond = isNanosecond
    self.isSwapped = isSwapped
  }

  /// - Parameter header: the first `length` bytes of the file, or the whole file if it is shorter.
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
    // The upper half gives the length of a frame check sequence behind each frame; captures from sockets have none.
    guard link & 0xffff == Self.ethernet else { throw .linkType(link & 0xffff) }
    guard link & 0x0400_0000 == 0 || link >> 28 == 0 else { throw .frameCheckSequence }
  }

  /// The header of a file with this resolution in this machine's byte order.
  package var header: [UInt8] {
    let magic = isNanosecond ? Self.nanosecondMagic : Self.microsecondMagic
    // Version 2.4; time zone and accuracy are always 0.
    return native(magic) + native(UInt16(2)) + native(UInt16(4)) + native(UInt32(0)) + native(UInt32(0))
      + native(UInt32(Self.packetLimit)) + native(Self.ethernet)
  }
}

/// Time stamp of a captured packet.
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

/// Why a file can't be replayed, or not to its end.
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
  /// Follows the file name and a colon.
  package var description: String {
    switch self {
    case .notACapture: "it is not a pcap file; record one with 'tcpdump -w FILE'"
    case .nextGeneration: "it is a pcapng file; convert it with 'editcap -F pcap IN OUT' or 'tcpdump -r IN -w OUT'"
    case .cutHeader: "it ends within the file header; record it again"
    case .linkType(let number): "its link type is \(number), not 1 (Ethernet); record on an Ethernet interface, not on 'any'"
    case .frameCheckSequence: "its frames have a frame check sequence; record without it"
    case .cutPacket(let number):
      "it ends within packet \(number); the packets before were replayed"
    case .absurdLength(let number, let bytes):
      "packet \(number) claims \(bytes) bytes, more than \(CaptureFormat.packetLimit); the file is corrupt from there on"
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
