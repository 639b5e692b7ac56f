import Model
import NIOCore

extension SocketAddress {
  init(_ address: IPAddress, port: UInt16) throws {
    let bytes = address.isIPv4 ? Array(address.bytes.suffix(4)) : address.bytes
    try self.init(packedIPAddress: ByteBuffer(bytes: bytes), port: Int(port))
  }
}
