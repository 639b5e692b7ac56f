import CXDP
import Testing

@testable import AFXDP

/// An AF_XDP socket with four rings in plain memory; the test plays the kernel.
final class PlainSocket {
  let slot: Int
  let socket: UnsafeMutablePointer<sluice_socket>
  let fill = PlainRing<UInt64>(size: Worker.ringSize, filling: 0)
  let completion = PlainRing<UInt64>(size: Worker.ringSize, filling: 0)
  let rx = PlainRing<xdp_desc>(size: Worker.ringSize, filling: xdp_desc())
  let tx = PlainRing<xdp_desc>(size: Worker.ringSize, filling: xdp_desc())

  init(slot: Int) throws {
    self.slot = slot
    socket = try #require(sockets_make())
    socket.pointee.rx = rx.forConsumer
    socket.pointee.completion = completion.forConsumer
    socket.pointee.tx = tx.forProducer
    socket.pointee.fill = fill.forProducer
  }

  deinit {
    sockets_close(socket)
    fill.free()
    completion.free()
    rx.free()
    tx.free()
  }
}
