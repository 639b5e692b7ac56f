import CXDP
import Glibc
import Testing

@testable import AFXDP

/// Frames of several descriptors, on the kernel's side.
extension WorkerBench {
  /// What the kernel writes into one chunk of a received frame.
  static var part: Int { Umem.chunk - headroom }

  /// Receives a frame in as many descriptors as it needs.
  func deliverParts(_ frame: [UInt8], to index: Int) {
    let socket = sockets[index]
    var rest = frame[...]
    serial += 1
    while !rest.isEmpty {
      let address = socket.fill.take()
      move(address, from: .fill, to: .rx)
      let bytes = Array(rest.prefix(Self.part))
      rest = rest.dropFirst(Self.part)
      bytes.withUnsafeBytes { if let base = $0.baseAddress { memcpy(umem + Int(address) + Self.headroom, base, bytes.count) } }
      socket.rx.put(
        xdp_desc(
          addr: address + UInt64(Self.headroom),
          len: UInt32(bytes.count),
          options: rest.isEmpty ? 0 : UInt32(XDP_PKT_CONTD)
        )
      )
    }
  }

  /// The frames in a transmit ring, which are completed at once.
  func takeFrames(from index: Int) -> [[UInt8]] {
    let socket = sockets[index]
    var frames: [[UInt8]] = []
    var frame: [UInt8] = []
    while socket.tx.count > 0 {
      let descriptor = socket.tx.take()
      if Int(descriptor.addr) % Umem.chunk + Int(descriptor.len) > Umem.chunk { complain("a descriptor exceeds its chunk") }
      frame += UnsafeRawBufferPointer(start: umem + Int(descriptor.addr), count: Int(descriptor.len))
      move(descriptor.addr, from: .tx, to: .flight)
      move(descriptor.addr, from: .flight, to: .completion)
      socket.completion.put(descriptor.addr)
      guard descriptor.options & UInt32(XDP_PKT_CONTD) == 0 else { continue }
      frames.append(frame)
      frame = []
    }
    if !frame.isEmpty { complain("the last frame goes on in no further descriptor") }
    return frames
  }
}
