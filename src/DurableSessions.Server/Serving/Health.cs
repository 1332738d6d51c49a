using System.Reflection;

namespace DurableSessions.Server.Serving;

/// <summary><c>GET /health</c>: the process serves. It says nothing of storage; that is <c>/ready</c>.</summary>
internal static class Health
{
    /// <summary>The server's version.</summary>
    public static string Version { get; } =
        typeof(Health).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public static void MapHealth(this IEndpointRouteBuilder endpoints, bool hasKeys)
    {
        var answer = new { status = "ok", healthy = true, version = Version, auth_mode = hasKeys ? "api_key" : "dev" };
        endpoints.MapGet("/health", () => TypedResults.Ok(answer));
    }
}
