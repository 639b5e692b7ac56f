import Model

/// What keepalived goes on doing.
struct VRRPPart {
  /// How many blocks of each keyword, and where the first one is.
  var counts: [String: Int] = [:]
  var first: Place?
  /// Of the instances, in the file's order.
  var interfaces: [String] = []

  var isUsed: Bool { counts["vrrp_instance"] != nil }
}

extension Mapping {
  private static let ofVRRP: Set<String> = [
    "vrrp_instance", "vrrp_sync_group", "vrrp_script", "vrrp_track_process", "garp_group", "static_ipaddress", "static_routes",
    "static_rules", "track_group", "bfd_instance", "interface_up_down_delays", "linkbeat_interfaces", "linkbeat_use_polling",
  ]
  /// About keepalived's own process.
  private static let ofProcess: Set<String> = [
    "include_check", "use_pid_dir", "instance", "child_wait_time", "namespace_with_ipsets",
  ]
  private static let known =
    ["virtual_server", "virtual_server_group", "global_defs", "track_file", "SSL"] + Array(ofVRRP) + Array(ofProcess)

  /// All but the virtual servers.
  mutating func takeGlobal(_ statement: Statement) {
    switch statement.keyword {
    case "virtual_server": break
    case "virtual_server_group":
      guard let name = statement.argument else { return notes.addBad(statement, "a name for the group") }
      if groups[name] != nil {
        notes.add(
          statement.place,
          "there is another virtual_server_group \(YAMLValue.excerpt(name))",
          "keep one; the last is carried"
        )
      }
      groups[name] = statement
    case "global_defs": takeDefinitions(statement)
    case "track_file", "vrrp_track_file": takeTrackFile(statement)
    case "SSL":
      notes.add(
        statement.place,
        "the SSL block is not carried: checks by HTTPS present no certificate of their own, and verify none unless asked",
        "add 'verify: true' and 'ca' to the check to verify servers"
      )
    case "net_namespace", "net_namespace_ipvs":
      notes.add(
        statement.place,
        "'\(statement.text)' is not carried: Sluice works in the namespace that it is started in",
        "start it with 'ip netns exec'"
      )
    case let keyword where Self.ofVRRP.contains(keyword): takeVRRP(statement)
    case let keyword where Self.ofProcess.contains(keyword): break
    default: notes.addUnknown(statement, in: "the file", known: Self.known)
    }
  }

  private mutating func takeVRRP(_ statement: Statement) {
    vrrp.counts[statement.keyword, default: 0] += 1
    vrrp.first = vrrp.first ?? statement.place
    guard statement.keyword == "vrrp_instance" else { return }
    for inner in statement.statements where inner.keyword == "interface" {
      guard let name = inner.argument, !vrrp.interfaces.contains(name), DirectorSettings.isInterfaceName(name),
        vrrp.interfaces.count < DirectorSettings.mostInterfaces
      else { continue }
      vrrp.interfaces.append(name)
    }
  }

  mutating func noteVRRP() {
    guard let first = vrrp.first else { return }
    let parts = vrrp.counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    notes.add(
      first,
      "VRRP and what belongs to it is left to keepalived (\(parts.joined(separator: ", ")))",
      "keep these blocks in keepalived's file and remove its virtual_server blocks; 'addresses: external' leaves it the VIPs"
    )
  }

  private mutating func takeDefinitions(_ statement: Statement) {
    for inner in statement.statements {
      switch inner.keyword {
      case "script_user": scriptUser = inner.argument
      case "lvs_timeouts": takeTimeouts(inner)
      case "lvs_sync_daemon": notes.uncarriedSynchronization(inner)
      case "notification_email", "notification_email_from", "smtp_server", "smtp_alert", "smtp_alert_checker":
        notes.uncarriedMail(inner.place)
      case "notify_fifo", "lvs_notify_fifo", "notify_fifo_script", "lvs_notify_fifo_script": notes.uncarriedHook(inner)
      default: break
      }
    }
  }

  private mutating func takeTimeouts(_ statement: Statement) {
    var words = statement.arguments
    while let name = words.popFirst()?.text {
      guard let digits = words.popFirst()?.text, let seconds = Int(digits), seconds == 0 || Timeouts.range.contains(seconds)
      else {
        return notes.addBad(statement, "tcp, tcpfin or udp and seconds, such as 'tcp 900'")
      }
      // 0 leaves the kernel's.
      if seconds == 0 { continue }
      switch name {
      case "tcp": timeouts.established = seconds
      case "tcpfin": timeouts.finWait = seconds
      case "udp": timeouts.udp = seconds
      default: return notes.addBad(statement, "tcp, tcpfin or udp and seconds, such as 'tcp 900'")
      }
    }
  }
}
