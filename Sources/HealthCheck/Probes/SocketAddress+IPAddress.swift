import Model
import NIOCore

extension SocketAddress {
  init(_ address: IPAddress, port: UInt16) throws { try self.init(ipAddress: "\(address)", port: Int(port)) }
}
