import CXDP
import Forwarding

/// Frames of several descriptors, on interfaces whose MTU needs them.
extension Worker {
  /// Makes frames of received descriptors. A frame of one descriptor stays in its chunk; a longer one is copied together, and its chunks
  /// return to the pool. Its last descriptors may come with the next batch.
  ///
  /// What exceeds a buffer is cut off, and the forwarder drops the frame as shorter than its packet says (`droppedBadLength`).
  ///
  /// - Returns: the number of complete frames.
  @inline(never) @_noLocks
  mutating func gather(_ index: Int, at: UInt32, _ descriptors: Int) -> Int {
    let socket = ports[index].socket
    var made = 0
    var position = 0
    while position < descriptors {
      let entry = at &+ UInt32(truncatingIfNeeded: position)
      position &+= 1
      let address = rings_received_address(socket, entry)
      let length = rings_received_length(socket, entry)
      let isLast = rings_received_more(socket, entry) == 0
      if isLast, case nil = ports[index].gathered {
        place(address, length, ports[index].slot, at: made)
        made &+= 1
        continue
      }
      let buffer = ports[index].gathered ?? jumbo.take()
      append(umem + Int(truncatingIfNeeded: address), Int(length), to: buffer, index)
      pool.giveBack(chunk(of: address))
      ports[index].gathered = isLast ? nil : buffer
      guard isLast else { continue }
      frames[made] = Frame(
        bytes: buffer + JumboBuffers.headroom,
        length: ports[index].gatheredLength,
        headroom: JumboBuffers.headroom,
        interface: ports[index].slot
      )
      ports[index].gatheredLength = 0
      made &+= 1
    }
    return made
  }

  @inline(__always) @_noLocks
  private func append(_ part: UnsafeMutableRawPointer, _ length: Int, to buffer: UnsafeMutableRawPointer, _ index: Int) {
    let have = ports[index].gatheredLength
    let room = JumboBuffers.size &- JumboBuffers.headroom &- have
    let taken = length < room ? length : room
    (buffer + (JumboBuffers.headroom &+ have)).copyMemory(from: part, byteCount: taken)
    ports[index].gatheredLength = have &+ taken
  }

  /// Sends a frame out of its buffer: copies it into chunks, one descriptor for each. False without room for all of them.
  @inline(never) @_noLocks
  mutating func transmitJumbo(_ frame: UnsafeMutableRawPointer, _ verdict: Verdict) -> Bool {
    let index = port(of: verdict)
    let length = Int(verdict.length)
    let count = (length &+ (Umem.chunk &- 1)) / Umem.chunk
    var at: UInt32 = 0
    guard hasRoom(for: count, verdict), pool.count >= count,
      rings_reserve_transmit_parts(ports[index].socket, UInt32(truncatingIfNeeded: count), &at) != 0
    else { return false }
    var done = 0
    while done < length {
      let address = pool.take()
      let part = length &- done < Umem.chunk ? length &- done : Umem.chunk
      (umem + Int(truncatingIfNeeded: address)).copyMemory(from: frame + (Int(verdict.start) &+ done), byteCount: part)
      done &+= part
      rings_set_transmit_part(ports[index].socket, at, address, UInt32(truncatingIfNeeded: part), done < length ? 1 : 0)
      at &+= 1
    }
    ports[index].pending &+= UInt32(truncatingIfNeeded: count)
    jumbo.giveBack(frame)
    return true
  }
}
