import Model
import NIOHTTP1
import Offline
import Reconciler

extension Route {
  /// All of the control API.
  static let all: [Route] =
    [
      Route(method: .GET, template: "/v1/healthz") { _, director in
        RouteResponse(value: Health(status: "ok", generation: await director.generation))
      },
      Route(method: .GET, template: "/v1/status", queries: ["service"], isLarge: true) { call, director in
        let wanted = try call.serviceAsked()
        var status = await director.status()
        status.services = try status.services.only(wanted, \.service)
        return RouteResponse(value: status) { [status] in status.write(to: &$0) }
      },
      Route(method: .GET, template: "/v1/stats") { _, director in RouteResponse(value: await director.statistics()) },
      Route(method: .GET, template: "/v1/explain", queries: ["protocol", "source", "destination"]) { call, director in
        RouteResponse(value: await director.explain(try call.flow()))
      },
      Route(method: .POST, template: "/v1/apply", queries: ["dry-run"]) { call, director in
        let wanted = try await call.decode(ServiceTable.self)
        return RouteResponse(value: try await director.apply(wanted, dryRun: try call.flag("dry-run")))
      },
    ] + services + servers

  private static let services: [Route] = [
    Route(method: .GET, template: "/v1/services", queries: ["service"], isLarge: true) { call, director in
      let wanted = try call.serviceAsked()
      let (generation, table) = await director.current
      let list = ServiceList(generation: generation, services: try table.services.only(wanted, \.key))
      return RouteResponse(value: list) { list.write(to: &$0) }
    },
    Route(method: .POST, template: "/v1/services") { call, director in
      let service = try await call.decode(VirtualService.self)
      return RouteResponse(
        status: .created,
        value: try await director.edit { table throws(ServiceTableError) in try table.addService(service) }
      )
    },
    Route(method: .PATCH, template: "/v1/services/{protocol}/{endpoint}") { call, director in
      let (key, settings) = (try call.service(), try await call.decode(ServiceSettings.self))
      return RouteResponse(
        value: try await director.edit { table throws(ServiceTableError) in
          try table.setService(
            key,
            ringSize: settings.ring,
            onServerLoss: settings.onServerLoss,
            noServer: settings.noServer,
            sorry: settings.sorry
          )
        }
      )
    },
    Route(method: .DELETE, template: "/v1/services/{protocol}/{endpoint}") { call, director in
      let key = try call.service()
      return RouteResponse(value: try await director.edit { table throws(ServiceTableError) in try table.removeService(key) })
    },
  ]

  private static let servers: [Route] = [
    Route(method: .POST, template: "/v1/services/{protocol}/{endpoint}/servers") { call, director in
      let (key, server) = (try call.service(), try await call.decode(RealServer.self))
      return RouteResponse(
        status: .created,
        value: try await director.edit { table throws(ServiceTableError) in try table.addServer(server, to: key) }
      )
    },
    Route(method: .PATCH, template: "/v1/services/{protocol}/{endpoint}/servers/{address}") { call, director in
      let (key, address, settings) = (try call.service(), try call.server(), try await call.decode(ServerSettings.self))
      return RouteResponse(
        value: try await director.edit { table throws(ServiceTableError) in
          try table.setServer(address, of: key, weight: settings.weight, method: settings.forward, tunnel: settings.tunnel)
        }
      )
    },
    Route(method: .DELETE, template: "/v1/services/{protocol}/{endpoint}/servers/{address}") { call, director in
      let (key, address) = (try call.service(), try call.server())
      return RouteResponse(
        value: try await director.edit { table throws(ServiceTableError) in try table.removeServer(address, of: key) }
      )
    },
  ]
}

extension Array {
  /// The one service that was asked for, or all of them when none was.
  fileprivate func only(_ wanted: ServiceKey?, _ key: (Element) -> ServiceKey) throws -> [Element] {
    guard let wanted else { return self }
    guard let found = first(where: { key($0) == wanted }) else { throw ServiceTableError.noSuchService(wanted) }
    return [found]
  }
}
