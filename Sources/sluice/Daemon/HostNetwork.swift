import AFXDP
import Forwarding
import Model
import Netlink
import Reconciler
import Synchronization

/// The host's network as the reconciler queries and observes it: the paths to real servers, the attached interfaces, the VIPs.
///
/// All functions are called on the reconciler's thread, which may block on the kernel; the lock is for the daemon's start and end.
final class HostNetwork: Sendable {
  /// Interval between interface checks without an event: another program that replaces ours may cause none.
  fileprivate static let look: Duration = .milliseconds(100)

  fileprivate struct State: ~Copyable {
    let monitor: KernelMonitor
    var announcements: VIPAnnouncements
    /// Nil if the operator manages the VIPs.
    var addresses: ManagedAddresses?
    /// Whether steering is attached: VIPs are only added to the host while it is.
    var isAttached = false
    /// Slot by interface index.
    var slots: [UInt32: Int] = [:]
    /// Changes that arrived during other requests and have not been reported yet.
    var unreported = Set<IPAddress>()
    var links: [LinkChange] = []
    /// The interfaces over the attached ones, by the index of the attached one.
    var uppers: [UInt32: [UpperLink]] = [:]
    /// Their MAC addresses, by the name of the attached one.
    var furtherMACs: [String: [FurtherMAC]] = [:]
    /// Addresses that somebody added.
    var arrived: [IPAddress] = []
    var events: [(kind: Event.Kind, text: String)] = []
    var lastLook: ContinuousClock.Instant?
    var engineProblems: [String] = []
  }

  private let state: Mutex<State>
  private let engine: Engine
  /// Readable when something may have changed.
  let descriptor: Int32

  /// Uses the network namespace of the calling thread.
  ///
  /// - Parameter managesAddresses: whether VIPs are added to the host.
  init(_ engine: Engine, managesAddresses: Bool) throws(NetlinkError) {
    let monitor = try KernelMonitor()
    let announcements = try VIPAnnouncements()
    self.engine = engine
    descriptor = monitor.fileDescriptor
    state = Mutex(
      State(monitor: monitor, announcements: announcements, addresses: managesAddresses ? ManagedAddresses() : nil)
    )
    // Before steering is attached: the kernel would reset the connections of clients that send to such an address.
    state.withLock { state in
      state.findUppers(engine)
      engine.take(state.furtherMACs)
    }
  }

  func resolve(_ addresses: [IPAddress]) -> [IPAddress: Resolution] {
    state.withLock { state in
      state.monitor.follow(addresses)
      state.findSlots(engine)
      do throws(NetlinkError) {
        state.take(try state.monitor.drain())
        return try state.answers(for: addresses)
      } catch {
        // Resolved again at the next observation.
        state.unreported.formUnion(addresses)
        return Dictionary(addresses.map { ($0, .unresolved("\(error)")) }) { $1 }
      }
    }
  }

  func forget(allBut kept: Set<IPAddress>) {
    state.withLock { state in
      state.monitor.forget(allBut: kept)
      state.unreported.formIntersection(kept)
    }
  }

  /// What has changed since the last call, and what was done about it.
  func observe() -> Observation {
    state.withLock { state in
      var observation = Observation()
      do throws(NetlinkError) {
        try state.monitor.poke()
        let changes = try state.monitor.drain()
        state.take(changes)
        observation.isPartial = changes.more
        state.lookAtInterfaces(engine)
        let asked = state.unreported
        observation.resolutions = try state.answers(for: asked)
        state.unreported.subtract(asked)
      } catch {
        state.engineProblems.append("routes and neighbours could not be read for a moment: \(error)")
      }
      if state.reconcileAddresses(engine) { observation.isPartial = true }
      let refused = state.announcements.send()
      if refused > 0 { state.events.append((.vip, "\(refused) announcements of VIPs could not be sent")) }
      swap(&observation.events, &state.events)
      observation.problems = state.problems(engine)
      return observation
    }
  }

  /// From now on the host should have the VIPs of this table.
  func follow(_ table: ServiceTable) {
    state.withLock { state in
      state.addresses?.follow(table)
      state.announcements.follow(table)
    }
  }

  /// The first of these services that would harm the host. When the kernel can't be asked there is none: refusing would need a reason.
  func conflict(of services: [VirtualService]) -> HostConflict? {
    state.withLock { state in
      guard let own = try? HostAddresses(state.monitor) else { return nil }
      return services.lazy.compactMap { own.conflict(of: $0) }.first
    }
  }

  /// Announces these VIPs at the next observation, as far as they are on an attached interface.
  func announce(_ vips: [IPAddress]) -> Announced {
    state.withLock { state in
      let present = state.announcements.announce(vips, of: state.segments(engine), state.monitor)
      return Announced(vips: vips.filter(present.contains), absent: vips.filter { !present.contains($0) })
    }
  }

  /// Call once steering is attached; VIPs may then be on the host. Adds as many as time allows; `observe` adds the rest.
  func attached(within time: Duration) {
    state.withLock { state in
      state.isAttached = true
      state.reconcileAll(engine, until: .now + time)
      // Also those that a previous daemon left: the neighbours may have another director's MAC address.
      state.announcements.announceAll(of: state.segments(engine), state.monitor)
    }
  }

  /// Removes all VIPs from the host.
  func removeAddresses(within time: Duration) {
    state.withLock { state in
      state.addresses?.forgetAll()
      state.reconcileAll(engine, until: .now + time)
      state.isAttached = false
    }
  }
}

extension HostNetwork.State {
  mutating func take(_ changes: KernelChanges) {
    unreported.formUnion(changes.destinations)
    links += changes.links
    if !changes.addresses.isEmpty || !changes.links.isEmpty || changes.isLost { addresses?.lookAgain() }
    arrived += changes.addresses.filter { $0.former == nil }.compactMap(\.present?.address)
  }

  /// The links of the attached interfaces.
  func engineLinks(_ engine: Engine) -> [Link] { engine.interfaces.compactMap { monitor.links[$0.name] } }

  /// The attached interfaces with those over them.
  func segments(_ engine: Engine) -> [AnnouncedLink] {
    engineLinks(engine).map { AnnouncedLink(attached: $0, uppers: uppers[$0.index] ?? []) }
  }

  /// To be called when a link has changed.
  mutating func findUppers(_ engine: Engine) {
    let attached = engineLinks(engine)
    uppers = monitor.links.uppers(of: Set(attached.map(\.index)))
    furtherMACs = [:]
    for below in attached {
      // Most VLANs have the address of the interface below.
      furtherMACs[below.name] = uppers[below.index]?.compactMap { upper in
        upper.link.mac.flatMap { $0 == below.mac ? nil : FurtherMAC($0, of: upper.link.name) }
      }
    }
  }

  func answers(for addresses: some Sequence<IPAddress>) throws(NetlinkError) -> [IPAddress: Resolution] {
    // The previous destination's result, reused because servers behind one gateway share it.
    var last = Resolution.pending("")
    let answers = try monitor.answers(for: addresses)
    var resolutions = [IPAddress: Resolution](minimumCapacity: answers.count)
    for (address, answer) in answers {
      do throws(NextHopFault) {
        let hop = try answer.nextHop(to: address, slots: slots)
        if last.nextHop != hop { last = .resolved(hop) }
        resolutions[address] = last
      } catch {
        if case .neighbourPending = answer {
          resolutions[address] = .pending(error.description)
        } else {
          resolutions[address] = .unresolved(error.description)
        }
      }
    }
    return resolutions
  }

  /// - Returns: whether interface indices have changed, so that any path may use another slot.
  @discardableResult
  mutating func findSlots(_ engine: Engine) -> Bool {
    let present = Dictionary(engine.interfaces.filter(\.isPresent).map { ($0.ifindex, $0.slot) }) { $1 }
    defer { slots = present }
    return slots != present
  }

  mutating func lookAtInterfaces(_ engine: Engine) {
    let now = ContinuousClock.now
    if links.isEmpty, let lastLook, now - lastLook < HostNetwork.look { return }
    lastLook = now
    if !links.isEmpty { findUppers(engine) }
    let report = engine.follow(furtherMACs)
    for link in engine.interfaces.compactMap({ monitor.links[$0.name] }) { events += LinkEvents.events(of: links, link) }
    events += report.events.map { ($0.kind == .interface ? .interface : .steering, $0.text) }
    engineProblems = report.problems
    announceAgain(engine)
    links = []
    if findSlots(engine) {
      unreported.formUnion(monitor.followed)
      addresses?.lookAgain()
    }
    if addresses?.problems.isEmpty == false { addresses?.lookAgain() }
  }

  /// - Returns: whether there is more to do.
  mutating func reconcileAddresses(_ engine: Engine) -> Bool {
    guard isAttached, addresses?.isDue == true, let first = engine.interfaces.first else { return false }
    let monitor = monitor
    let isMore = addresses?.reconcile(on: monitor, link: first.ifindex, interface: first.name, &events) == true
    if let added = addresses?.added, !added.isEmpty {
      announcements.announce(added.map(\.vip), of: segments(engine), monitor)
    }
    if isMore { addresses?.lookAgain() }
    return isMore
  }

  /// Announces VIPs again on links that came up or have another MAC address, and those that somebody else added, as keepalived does.
  private mutating func announceAgain(_ engine: Engine) {
    defer { arrived = [] }
    // Once steering is attached, all are announced.
    guard isAttached else { return }
    let segments = segments(engine)
    let changed = Set(links.lazy.filter(VIPAnnouncements.needsAnnouncing).compactMap(\.present?.index))
    let fresh = segments.flatMap(\.links).filter { changed.contains($0.index) }
    if !fresh.isEmpty, announcements.announceAll(on: Set(fresh.map(\.index)), of: segments, monitor) {
      events.append((.vip, "VIPs announced on \(fresh.map(\.name).joined(separator: ", "))"))
    }
    if !arrived.isEmpty { announcements.announce(arrived, of: segments, monitor) }
  }

  mutating func reconcileAll(_ engine: Engine, until deadline: ContinuousClock.Instant) {
    addresses?.lookAgain()
    while reconcileAddresses(engine), ContinuousClock.now < deadline {}
  }

  func problems(_ engine: Engine) -> [String] {
    let links = engine.interfaces.compactMap { monitor.links[$0.name] }.flatMap(LinkEvents.problems(of:))
    return engineProblems + links + (addresses?.problems ?? [])
  }
}
