/// The messages of grpc.health.v1.Health/Check: a prefix of five bytes (not compressed, length), then protobuf with one field each.
enum HealthMessage {
  private static let statuses = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]

  /// HealthCheckRequest: field 1, the service's name.
  static func request(for service: String) -> [UInt8] {
    let name = Array(service.utf8)
    // Names have 255 bytes at most, so a length has one byte or two.
    let length = name.count < 0x80 ? [UInt8(name.count)] : [UInt8(name.count & 0x7f | 0x80), UInt8(name.count >> 7)]
    // An empty one is left out, as by every protobuf library.
    let message = name.isEmpty ? [] : [0x0a] + length + name
    return [0, 0, 0, UInt8(message.count >> 8), UInt8(message.count & 0xff)] + message
  }

  /// HealthCheckResponse: field 1, the status. Fields of later versions are skipped.
  static func judge(_ bytes: some Collection<UInt8>, from target: String) -> CheckResult {
    guard let status = status(of: Array(bytes)) else { return .bad("a reply that is no health message from \(target)") }
    if status == 1 { return .good() }
    return .bad("\(status < 4 ? statuses[Int(status)] : "status \(status)") from \(target)")
  }

  /// Nil unless it is one message, not compressed.
  private static func status(of bytes: [UInt8]) -> UInt64? {
    guard bytes.count >= 5, bytes[0] == 0 else { return nil }
    let length = bytes[1..<5].reduce(0) { $0 << 8 | Int($1) }
    var rest = bytes[5...]
    guard rest.count == length else { return nil }
    var status: UInt64 = 0
    while !rest.isEmpty {
      guard let tag = varint(&rest) else { return nil }
      switch tag & 7 {
      case 0:
        guard let value = varint(&rest) else { return nil }
        if tag >> 3 == 1 { status = value }
      case 1:
        guard rest.count >= 8 else { return nil }
        rest = rest.dropFirst(8)
      case 2:
        guard let length = varint(&rest), length <= rest.count else { return nil }
        rest = rest.dropFirst(Int(length))
      case 5:
        guard rest.count >= 4 else { return nil }
        rest = rest.dropFirst(4)
      default: return nil
      }
    }
    return status
  }

  private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = bytes.popFirst() else { return nil }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}
