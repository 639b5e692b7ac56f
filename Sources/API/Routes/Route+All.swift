import Model
import NIOHTTP1
import NIOPosix
import Offline
import Reconciler

extension Route {
  /// All routes of the control API.
  static let all: [Route] =
    [
      Route(method: .GET, template: "/v1/healthz") { _, director in
        let health = Health(generation: await director.generation, problems: await director.problems)
        return RouteResponse(status: health.problems.isEmpty ? .ok : .serviceUnavailable, value: health)
      },
      Route(method: .GET, template: "/v1/status", queries: ["service"], isLarge: true) { call, director in
        let status: Status
        if let wanted = try call.serviceAsked() {
          guard let one = await director.status(of: wanted) else { throw ServiceTableError.noSuchService(wanted) }
          status = one
        } else {
          status = await director.status()
        }
        return RouteResponse(value: status) { status.write(to: &$0) }
      },
      Route(method: .GET, template: "/v1/stats") { _, director in RouteResponse(value: await director.statistics()) },
      Route(method: .GET, template: "/v1/explain", queries: ["protocol", "source", "destination"]) { call, director in
        RouteResponse(value: await director.explain(try call.flow()))
      },
      Route(method: .GET, template: "/v1/flows", queries: ["service", "server", "client", "limit"], isLarge: true) {
        call,
        director in
        let filter = FlowFilter(
          service: try call.serviceAsked(),
          server: try call.addressAsked("server"),
          client: try call.addressAsked("client"),
          limit: try call.numberAsked("limit", in: FlowFilter.limitRange) ?? FlowFilter.defaultLimit
        )
        // Reads every flow entry of every worker, so it runs outside the cooperative pool.
        let list = try await NIOThreadPool.singleton.runIfActive { director.flows(filter) }
        return RouteResponse(value: list) { list.write(to: &$0) }
      },
      Route(method: .GET, template: "/v1/events", queries: ["after", "since", "limit", "wait"]) { call, director in
        RouteResponse(value: EventList(events: try await call.events(of: director.events)))
      },
      Route(method: .POST, template: "/v1/apply", queries: ["dry-run"]) { call, director in
        let wanted = try await call.decode(ServiceTable.self)
        return RouteResponse(
          value: try await director.apply(
            wanted,
            dryRun: try call.flag("dry-run"),
            before: try call.before()
          )
        )
      },
      Route(method: .POST, template: "/v1/announce", queries: ["vip"]) { call, director in
        let vip = try call.addressAsked("vip")
        let (_, table) = await director.current
        let vips = table.vips
        if let vip, !vips.contains(vip) {
          throw APIError(
            status: 404,
            code: "no-such-vip",
            message: "no service has the VIP \(vip): `sluice service list` shows them"
          )
        }
        if let before = try call.before(), before < .now { throw EditRefusal.late }
        // Waits for the reconciler's thread, so it runs outside the cooperative pool.
        let asked = vip.map { [$0] } ?? vips.sorted()
        return RouteResponse(value: try await NIOThreadPool.singleton.runIfActive { director.surroundings.announce(asked) })
      },
    ] + services + servers + ipvs

  private static let services: [Route] = [
    Route(method: .GET, template: "/v1/services", queries: ["service"], isLarge: true) { call, director in
      let (generation, table) = await director.current
      var list = ServiceList(generation: generation, services: table.services)
      if let wanted = try call.serviceAsked() {
        guard let service = table.service(wanted) else { throw ServiceTableError.noSuchService(wanted) }
        list.services = [service]
      }
      return RouteResponse(value: list) { [list] in list.write(to: &$0) }
    },
    Route(method: .POST, template: "/v1/services") { call, director in
      let service = try await call.decode(VirtualService.self)
      return RouteResponse(
        status: .created,
        value: try await director.edit(before: try call.before()) { table throws(ServiceTableError) in
          try table.addService(service)
        }
      )
    },
    Route(method: .PATCH, template: "/v1/services/{protocol}/{endpoint}") { call, director in
      let (key, settings) = (try call.service(), try await call.decode(ServiceSettings.self))
      return RouteResponse(
        value: try await director.edit(before: try call.before()) { table throws(ServiceTableError) in
          try table.setService(
            key,
            scheduler: settings.scheduler,
            flags: settings.flags,
            ringSize: settings.ring,
            persistence: settings.persistence,
            onePacket: settings.onePacket,
            onServerLoss: settings.onServerLoss,
            noServer: settings.noServer,
            sorry: settings.sorry,
            takesHost: settings.takesHost,
            check: settings.check,
            hooks: settings.hooks
          )
        }
      )
    },
    Route(method: .DELETE, template: "/v1/services/{protocol}/{endpoint}") { call, director in
      let key = try call.service()
      return RouteResponse(
        value: try await director.edit(before: try call.before()) { table throws(ServiceTableError) in
          try table.removeService(key)
        }
      )
    },
  ]

  private static let servers: [Route] = [
    Route(method: .GET, template: "/v1/services/{protocol}/{endpoint}/servers/{address}") { call, director in
      let (key, address) = (try call.service(), try call.server())
      guard let details = await director.details(of: ServerName(address, of: key)) else {
        let (_, table) = await director.current
        throw table.service(key) == nil ? ServiceTableError.noSuchService(key) : .noSuchServer(address, key)
      }
      return RouteResponse(value: details)
    },
    Route(method: .POST, template: "/v1/services/{protocol}/{endpoint}/servers") { call, director in
      let (key, server) = (try call.service(), try await call.decode(RealServer.self))
      return RouteResponse(
        status: .created,
        value: try await director.edit(before: try call.before()) { table throws(ServiceTableError) in
          try table.addServer(server, to: key)
        }
      )
    },
    Route(method: .PATCH, template: "/v1/services/{protocol}/{endpoint}/servers/{address}") { call, director in
      let (key, address, settings) = (try call.service(), try call.server(), try await call.decode(ServerSettings.self))
      return RouteResponse(
        value: try await director.edit(before: try call.before()) { table throws(ServiceTableError) in
          try table.setServer(
            address,
            of: key,
            weight: settings.weight,
            method: settings.forward,
            tunnel: settings.tunnel,
            check: settings.check,
            maintenance: settings.maintenance,
            upperThreshold: settings.upperThreshold,
            lowerThreshold: settings.lowerThreshold,
            drainUntil: settings.drainUntil
          )
        }
      )
    },
    Route(method: .DELETE, template: "/v1/services/{protocol}/{endpoint}/servers/{address}") { call, director in
      let (key, address) = (try call.service(), try call.server())
      return RouteResponse(
        value: try await director.edit(before: try call.before()) { table throws(ServiceTableError) in
          try table.removeServer(address, of: key)
        }
      )
    },
  ]
}
