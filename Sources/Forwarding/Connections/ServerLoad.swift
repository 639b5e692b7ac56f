import ABI

/// What one worker knows about one real server's connections. Updated when a flow begins, changes state or ends, not for each packet.
///
/// Model: `live` counts the worker's flow entries of the server by state. The counts are exact: entries only change in a few functions of
/// `FlowTable`, which count them. When another server reuses an index, entries of the old server may still exist. `owner` is the incarnation
/// that the counts belong to: the first flow of another incarnation resets them to zero, and removing an entry of the old one no longer
/// counts. So the reconciler never writes here.
///
/// Rejected: counting all entries on request, which takes 5 ms for a million entries each time; and clearing the counts from the reconciler's
/// thread, which would be a second writer.
package struct ServerLoad {
  /// New flows. Runs free; the reconciler takes a baseline when another server receives the index.
  package var connections: UInt64 = 0
  /// Outer headers that got an identification of their own; counted at the tunnel's index, see `sluice_server.tunnel`.
  package var identification: UInt64 = 0
  /// The incarnation that `live` counts for, plus 1; 0: none yet.
  package private(set) var owner: UInt32 = 0
  /// By state; SLUICE_STATE_NONE stays 0.
  private var live: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0, 0, 0, 0, 0)
  /// The server's place in the member arena, plus 1, if its service has a list scheduler (`SchedulerState`); 0: its connections interest no
  /// scheduler.
  var leaf: UInt32 = 0
  /// That service's index.
  var service: UInt32 = 0
  /// Its weight when the list was read.
  var weight: UInt16 = 0
  /// 1: its connections have reached the upper threshold and have not fallen below the lower one since.
  var overloaded: UInt8 = 0
  /// 1: it belongs to its service's set of `lblcr`. With these fields a load has 64 bytes, a cache line of its own, since neighbours in the
  /// table are used at different times.
  var isMember: UInt8 = 0

  package init() {}
}

extension ServerLoad {
  private static var liveOffset: Int {
    @inline(__always) @_noLocks get { 20 }
  }

  /// Live flows in a state, of the server with this incarnation.
  package func count(state: Int, incarnation: UInt16) -> Int {
    guard owner == UInt32(incarnation) + 1, 0..<Int(SLUICE_STATES) ~= state else { return 0 }
    return withUnsafeBytes(of: live) { Int($0.load(fromByteOffset: state * 4, as: UInt32.self)) }
  }

  /// Connections that IPVS counts as active: established ones, and UDP flows.
  var active: UInt32 {
    @inline(__always) @_noLocks get { live.2 &+ live.5 &+ live.6 }
  }

  /// An active connection weighs as much as 256 others (ip_vs_dest_conn_overhead of net/ip_vs.h).
  var overhead: UInt32 {
    @inline(__always) @_noLocks get {
      let others = live.1 &+ live.3 &+ live.4
      return active < 1 &<< 23 ? active &<< 8 &+ others : UInt32.max
    }
  }

  /// The counts are for this incarnation of the server from now on.
  @inline(__always) @_noLocks
  mutating func adopt(_ incarnation: UInt16) {
    guard owner != UInt32(incarnation) &+ 1 else { return }
    owner = UInt32(incarnation) &+ 1
    live = (0, 0, 0, 0, 0, 0, 0, 0)
    (overloaded, isMember) = (0, 0)
  }

  /// All connections of the server with this incarnation; clients that are only remembered are none.
  @inline(__always) @_noLocks
  func connections(incarnation: UInt16) -> UInt32 {
    guard owner == UInt32(incarnation) &+ 1 else { return 0 }
    return live.1 &+ live.2 &+ live.3 &+ live.4 &+ live.5 &+ live.6
  }

  /// Counts a new flow.
  @inline(__always) @_noLocks
  static func add(_ load: UnsafeMutablePointer<ServerLoad>, state: UInt16, incarnation: UInt16) {
    load.pointee.adopt(incarnation)
    word(load, state).pointee &+= 1
  }

  /// Counts a change of state.
  @inline(__always) @_noLocks
  static func move(_ load: UnsafeMutablePointer<ServerLoad>, from former: UInt16, to state: UInt16, incarnation: UInt16) {
    guard load.pointee.owner == UInt32(incarnation) &+ 1 else { return }
    word(load, former).pointee &-= 1
    word(load, state).pointee &+= 1
  }

  /// Counts the end of a flow.
  @inline(__always) @_noLocks
  static func remove(_ load: UnsafeMutablePointer<ServerLoad>, state: UInt16, incarnation: UInt16) {
    guard load.pointee.owner == UInt32(incarnation) &+ 1 else { return }
    word(load, state).pointee &-= 1
  }

  @inline(__always) @_noLocks
  private static func word(_ load: UnsafeMutablePointer<ServerLoad>, _ state: UInt16) -> UnsafeMutablePointer<UInt32> {
    (UnsafeMutableRawPointer(load) + liveOffset).assumingMemoryBound(to: UInt32.self) + Int(state)
  }
}
