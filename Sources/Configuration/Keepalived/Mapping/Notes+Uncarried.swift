import Model

/// What keepalived has and Sluice has not, a function for each thing: what it is, why it isn't carried, and what to do instead.
extension Notes {
  /// For a scheduler that isn't there: what the service gets, or nil for the default.
  mutating func uncarriedScheduler(_ statement: Statement) -> Scheduler? {
    switch statement.argument {
    case "mh", "sh", "dh", "lblc", "lblcr":
      add(
        statement.place,
        "'\(statement.text)' is not carried: there is no such scheduler",
        "maglev is carried, a hash of addresses and ports; Docs/schedulers.md lists the others"
      )
      return .maglev
    default:
      addBad(statement, "one of \(Scheduler.allCases.filter { $0 != .maglev }.map(\.rawValue).joined(separator: ", "))")
      return nil
    }
  }

  mutating func uncarriedSchedulerFlag(_ statement: Statement) {
    add(
      statement.place,
      "'\(statement.keyword)' is not carried: no scheduler has flags",
      "none is needed with maglev, which hashes ports, too"
    )
  }

  mutating func uncarriedPersistence(_ statement: Statement, isGroup: Bool) {
    let group = isGroup ? ", and each address of the group is a service of its own" : ""
    add(
      statement.place,
      "'\(statement.keyword)' is not carried: a client's next connection may go to another server\(group)",
      "keep sessions in the application, or wait for persistence"
    )
  }

  mutating func uncarriedOnePacket(_ statement: Statement) {
    add(
      statement.place,
      "'ops' is not carried: all packets of a flow reach one server",
      "lower timeouts.udp to forget flows sooner"
    )
  }

  mutating func uncarriedThreshold(_ statement: Statement) {
    add(
      statement.place,
      "'\(statement.keyword)' is not carried: servers have no limit of connections",
      "use 'scheduler: ovf', where the weight is such a limit, or limit them on the server"
    )
  }

  /// Nothing is returned: the server is left out.
  mutating func uncarriedMasquerade(_ place: Place) -> (ForwardingMethod, TunnelOptions)? {
    add(
      place,
      "NAT, the default, is not carried: the director does not rewrite addresses",
      "its servers are left out; give them the VIP on lo and use 'lvs_method DR' or TUN, with the service's port on the server"
    )
    return nil
  }

  mutating func uncarriedRemoteChecksum(_ statement: Statement) {
    add(
      statement.place,
      "remcsum is not carried: there is no remote checksum offload",
      "the tunnel has no checksum; use csum for one"
    )
  }

  mutating func uncarriedMark(_ statement: Statement) {
    add(
      statement.place,
      "'\(statement.text)' is not carried: packets are recognised by their addresses, before firewall marks",
      "add a service for each address and port that the rule marks"
    )
  }

  mutating func uncarriedProtocol(_ statement: Statement) {
    add(
      statement.place,
      "'\(statement.text)' is not carried: services are TCP or UDP",
      "the virtual_server is left out; keep it on IPVS"
    )
  }

  mutating func uncarriedSorryInhibition(_ statement: Statement) {
    add(
      statement.place,
      "'sorry_server_inhibit' is not carried: a sorry server has no weight",
      "no change is needed: it gets no flows while a server is live"
    )
  }

  /// Scripts that are told about changes.
  mutating func uncarriedHook(_ statement: Statement) {
    add(
      statement.place,
      "'\(statement.keyword)' is not carried: the director starts no scripts for events",
      "follow 'sluice events --follow --json'"
    )
  }

  mutating func uncarriedMail(_ place: Place) {
    add(place, "mail about changes is not carried", "alert on the metrics, or follow 'sluice events --follow'")
  }

  mutating func uncarriedName(_ statement: Statement) {
    add(statement.place, "'snmp_name' is not carried: there is no SNMP", "use 'sluice status --json'")
  }

  mutating func uncarriedSuspension(_ statement: Statement) {
    add(
      statement.place,
      "'ha_suspend' is not carried: a standby director checks its servers, too",
      "no change is needed: it is ready when it takes over"
    )
  }

  mutating func uncarriedSynchronization(_ statement: Statement) {
    add(
      statement.place,
      "'lvs_sync_daemon' is not carried: directors send each other no connections",
      "use maglev, by which each director chooses the same server"
    )
  }
}
