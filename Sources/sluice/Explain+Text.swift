import API
import Configuration
import Model
import Netlink
import Offline
import Reconciler

extension Explanation {
  /// One line for each step of the packet.
  var text: String {
    var lines = [("flow", "\(self.protocol.name) \(source) > \(destination), by generation \(generation)")]
    if let service {
      let ring =
        service.ring == 0 ? (decidedBy == .scheduler ? "list of servers" : "no live server") : "ring of \(service.ring) slots"
      lines.append(("service", "\(service.service) (\(service.match == .exact ? "exact port" : "any port")), \(ring)"))
    }
    lines += entries.map { ("known to", $0.text) }
    if let hash {
      let place = slot.map { "slot \($0)" + (slotServer.map { " for server \($0)" } ?? "") } ?? "no slot"
      lines.append(("hash", "\(hash), \(place)" + (entries.isEmpty ? "; no worker knows the flow" : "")))
    }
    if let server {
      lines.append(("server", server.text + (decidedBy.map { ", by \($0.words)" } ?? "")))
    }
    if let nextHop { lines.append(("next hop", nextHop.text)) }
    if let header {
      lines.append(("header", "\(header.bytes.utf8.count / 2) bytes before the client's packet:"))
      lines += header.layers.map { ("", $0) }
    }
    lines.append(("verdict", verdict == "forward" ? verdict : "\(verdict) (\(reason))"))
    lines += notes.map { ("note", $0) }
    return lines.map { name, text in name + String(repeating: " ", count: 10 - name.count) + text }.joined(separator: "\n")
  }
}

extension Explanation.Entry {
  fileprivate var text: String {
    let silence = "last packet \(age) s ago, timeout \(timeout) s"
    let confirmation = confirmed ? "" : ", unconfirmed"
    let target = server.map { ", server \($0)" } ?? ""
    return "worker \(worker): \(state)\(confirmation), \(silence)\(target)" + (fault.map { "; ignored: \($0)" } ?? "")
  }
}

extension Explanation.Server {
  fileprivate var text: String {
    "\(address), \(forward.rawValue), weight \(weight), \(state.rawValue)" + (reason.map { " (\($0))" } ?? "")
  }
}

extension VLANTag {
  fileprivate var text: String { isProvider ? "\(id) (802.1ad)" : "\(id)" }
}

extension Explanation.Hop {
  fileprivate var text: String {
    let tagged = tags.isEmpty ? "" : ", VLAN \(tags.reversed().map(\.text).joined(separator: " in "))"
    let less = learned.map { "; \($0.mtu) learned from ICMP, for \($0.seconds) s more" } ?? ""
    return "\(mac) by \(interface) (\(sourceMAC))\(tagged), MTU \(mtu)\(less)"
  }
}

extension Explanation.Decider {
  fileprivate var words: String {
    switch self {
    case .flow: "the flow's entry"
    case .hash: "the hash"
    case .scheduler: "the scheduler"
    }
  }
}
