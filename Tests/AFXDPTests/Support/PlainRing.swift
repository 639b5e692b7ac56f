import CXDP

/// A ring of an AF_XDP socket in plain memory, from the kernel's side. Its indices start two before their wrap.
///
/// One side produces, the other consumes; both indices run free (linux/if_xdp.h, net/xdp/xsk_queue.h). There are no barriers,
/// because the test plays both sides.
struct PlainRing<Entry> {
  static var start: UInt32 { UInt32.max - 1 }

  let size: UInt32
  let producer: UnsafeMutablePointer<UInt32>
  let consumer: UnsafeMutablePointer<UInt32>
  /// No flag is set: the kernel does not ask for a wake-up, so no system call is made.
  let flags: UnsafeMutablePointer<UInt32>
  let entries: UnsafeMutablePointer<Entry>

  init(size: UInt32, filling entry: Entry) {
    self.size = size
    producer = .allocate(capacity: 1)
    producer.initialize(to: Self.start)
    consumer = .allocate(capacity: 1)
    consumer.initialize(to: Self.start)
    flags = .allocate(capacity: 1)
    flags.initialize(to: 0)
    entries = .allocate(capacity: Int(size))
    entries.initialize(repeating: entry, count: Int(size))
  }

  func free() {
    producer.deallocate()
    consumer.deallocate()
    flags.deallocate()
    entries.deallocate()
  }

  /// Entries that were produced and not consumed yet.
  var count: Int { Int(producer.pointee &- consumer.pointee) }
  var room: Int { Int(size) - count }

  subscript(index: UInt32) -> Entry { entries[Int(index & (size - 1))] }

  /// - Precondition: `room > 0`.
  func put(_ entry: Entry) {
    precondition(room > 0, "the test's kernel overruns a ring")
    entries[Int(producer.pointee & (size - 1))] = entry
    producer.pointee &+= 1
  }

  /// - Precondition: `count > 0`.
  func take() -> Entry {
    precondition(count > 0, "the test's kernel reads from an empty ring")
    defer { consumer.pointee &+= 1 }
    return self[consumer.pointee]
  }

  /// libxdp's convention for the producer: `cached_cons` is ahead by the ring's size (xsk_prod_nb_free).
  var forProducer: xsk_ring_prod {
    xsk_ring_prod(
      cached_prod: producer.pointee,
      cached_cons: consumer.pointee &+ size,
      mask: size - 1,
      size: size,
      producer: producer,
      consumer: consumer,
      ring: entries,
      flags: flags
    )
  }

  var forConsumer: xsk_ring_cons {
    xsk_ring_cons(
      cached_prod: producer.pointee,
      cached_cons: consumer.pointee,
      mask: size - 1,
      size: size,
      producer: producer,
      consumer: consumer,
      ring: entries,
      flags: flags
    )
  }
}
