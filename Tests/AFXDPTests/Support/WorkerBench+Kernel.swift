import CXDP
import Glibc

@testable import AFXDP

/// The kernel's side of the rings, as in net/xdp/xsk.c and a driver in copy mode.
extension WorkerBench {
  /// The offset at which the kernel writes a frame into its chunk: XDP_PACKET_HEADROOM.
  static let headroom = 256

  /// Receives a packet. False: it is lost before the worker, because the fill ring is empty or the receive ring is full.
  @discardableResult
  func deliver(_ kind: Int, to index: Int) -> Bool {
    let socket = sockets[index]
    guard socket.fill.count > 0, socket.rx.room > 0 else { return false }
    let address = socket.fill.take()
    move(address, from: .fill, to: .rx)
    let frame = Int(address) / Umem.chunk
    let bytes = kinds[kind].frame
    serial += 1
    let place = umem + Int(address) + Self.headroom
    bytes.withUnsafeBytes { if let base = $0.baseAddress { memcpy(place, base, bytes.count) } }
    (place + bytes.count - 8).storeBytes(of: serial, as: UInt64.self)
    memcpy(shadow + frame * Umem.chunk, place, bytes.count)
    (kindOf[frame], serialOf[frame], ingressOf[frame]) = (kind, serial, index)
    delivered[kind] += 1
    socket.rx.put(xdp_desc(addr: address + UInt64(Self.headroom), len: UInt32(bytes.count), options: 0))
    return true
  }

  /// Takes frames from a transmit ring and checks them, as many as the completion ring has room for.
  func send(_ most: Int, from index: Int) {
    let socket = sockets[index]
    for _ in 0..<most {
      guard socket.tx.count > 0, flight[index].count + socket.completion.count < Int(Worker.ringSize) else { return }
      let descriptor = socket.tx.take()
      move(descriptor.addr, from: .tx, to: .flight)
      flight[index].append(descriptor.addr)
      check(descriptor, from: index)
    }
  }

  /// Completes frames in flight, in any order.
  func complete(_ most: Int, of index: Int, _ random: inout Seeded) {
    let socket = sockets[index]
    for _ in 0..<min(most, flight[index].count, socket.completion.room) {
      let which = random.below(flight[index].count)
      flight[index].swapAt(which, flight[index].count - 1)
      let address = flight[index].removeLast()
      move(address, from: .flight, to: .completion)
      socket.completion.put(address)
    }
  }

  private func check(_ descriptor: xdp_desc, from index: Int) {
    // A packet's fragments are consecutive.
    if !expected[index].isEmpty { return checkPiece(descriptor, from: index) }
    let frame = Int(descriptor.addr) / Umem.chunk
    let kind = kinds[kindOf[frame]]
    let packet = kind.frame.count - kind.network
    let start = Self.headroom + kind.network - kind.header.count
    sent[kindOf[frame]] += 1
    guard kind.egress == sockets[index].slot else {
      return complain("a packet for slot \(kind.egress.map(String.init) ?? "nowhere") leaves through slot \(sockets[index].slot)")
    }
    let received = UnsafeRawBufferPointer(start: shadow + frame * Umem.chunk + kind.network, count: packet)
    let onward = hop(Array(received))
    if packet > kind.room {
      expected[index] = kind.outputFragments(of: onward)
      checkOrder(frame, from: index)
      return checkPiece(descriptor, from: index)
    }
    guard Int(descriptor.addr) % Umem.chunk == start, Int(descriptor.len) == kind.header.count + packet, descriptor.options == 0
    else {
      return complain(
        "a frame leaves from offset \(Int(descriptor.addr) % Umem.chunk) with \(descriptor.len) bytes, expected \(start)"
      )
    }
    let bytes = umem + Int(descriptor.addr)
    let sameHeader = kind.header.withUnsafeBytes { $0.baseAddress.map { memcmp(bytes, $0, kind.header.count) } == 0 }
    let same = onward.elementsEqual(UnsafeRawBufferPointer(start: bytes + kind.header.count, count: packet))
    if !sameHeader || !same { complain("frame \(frame) leaves with changed bytes") }
    checkOrder(frame, from: index)
  }

  private func checkOrder(_ frame: Int, from index: Int) {
    let ingress = ingressOf[frame]
    if serialOf[frame] <= lastSent[ingress][index] {
      complain("packet \(serialOf[frame]) leaves after \(lastSent[ingress][index])")
    }
    lastSent[ingress][index] = serialOf[frame]
  }

  /// The next expected frame of a packet that leaves in fragments.
  private func checkPiece(_ descriptor: xdp_desc, from index: Int) {
    var sent = Array(UnsafeRawBufferPointer(start: umem + Int(descriptor.addr), count: Int(descriptor.len)))
    if sent.count > 34, sent[23] == 4 {
      if checksum(Array(sent[14..<34])) != 0 { complain("a fragment with a wrong outer checksum") }
      for place in [18, 19, 24, 25] { sent[place] = 0 }
    }
    outputFragments += 1
    let next = expected[index].removeFirst()
    if sent != next { complain("a fragment of \(sent.count) bytes leaves instead of one of \(next.count): \(sent) \(next)") }
  }
}
