import Model

/// What keepalived has and Sluice has not, a function for each thing: what it is, why it isn't carried, and what to do instead.
extension Notes {
  mutating func uncarriedFlag(_ statement: Statement, scheduler: String) {
    add(
      statement.place,
      "'\(statement.keyword)' is not carried: keepalived ignores it unless 'lb_algo \(scheduler)' stands above",
      "write it below that line, or remove it"
    )
  }

  mutating func uncarriedHashed(_ statement: Statement) {
    add(statement.place, "'hashed' is not carried: it is IPVS's own mark of a service in its table", "remove it")
  }

  mutating func uncarriedPersistenceEngine(_ statement: Statement) {
    add(
      statement.place,
      "'\(statement.text)' is not carried: nothing in a packet but the client's address says whose it is",
      "persistence, if there is any, goes by that address"
    )
  }

  /// In IPVS the same.
  mutating func persistenceOfGroup(_ place: Place) {
    add(
      place,
      "persistence of a group is that of each of its addresses and ports: a client may have another server at each",
      "no change is needed unless it must have one server for all of them"
    )
  }

  mutating func uncarriedOnePacket(_ statement: Statement) {
    add(statement.place, "'ops' is not carried: it is for UDP, and the service is not", "remove it, or write 'protocol UDP'")
  }

  mutating func uncarriedLowerThreshold(_ place: Place) {
    add(
      place,
      "the lthreshold is above the uthreshold, which without a line of its own is 0, no limit",
      "it is left out: a server has flows again below three quarters of the uthreshold"
    )
  }

  /// Kept as it is in IPVS, so that nothing of it is lost.
  mutating func unforwardedMasquerade(_ place: Place) {
    add(
      place,
      "NAT, the default, is carried as 'forward: masquerade', by which servers get no packets",
      "give them the VIP on lo and the service's port, and change 'forward' to direct or a tunnel and 'address' to one without a port"
    )
  }

  mutating func uncarriedMasqueradedSorry(_ place: Place) {
    add(
      place,
      "a masqueraded sorry_server is not carried: it would get no packets",
      "give it the VIP on lo and add 'sorry_server_lvs_method DR' or TUN"
    )
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
      "'\(statement.keyword)' is not carried: commands are run for servers that come up or go down, and for quorums",
      "follow 'sluice events --follow --json' for the rest"
    )
  }

  mutating func uncarriedOtherHook(_ statement: Statement, kept: String) {
    add(
      statement.place,
      "'\(statement.text)' is not carried: hooks are a service's, and this one has \(kept)",
      "have one command that looks at SLUICE_SERVER (Docs/events.md)"
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
