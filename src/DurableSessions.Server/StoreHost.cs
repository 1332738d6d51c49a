using DurableSessions.Hosting;
using DurableSessions.Server.Serving;

namespace DurableSessions.Server;

/// <summary>
/// What a command works with beside the servers: the store, and the client of their engine, with the settings of the servers (the same
/// files, the same environment). It is never started, so the command's process claims and runs no instance.
/// </summary>
internal static class StoreHost
{
    /// <summary>Builds it, and opens the storage.</summary>
    /// <param name="storage">Opened; closed by the caller after the host.</param>
    /// <param name="missing">What follows the error that there is no container.</param>
    /// <param name="configure">Adds what the command has of its own.</param>
    /// <param name="cancellationToken">Ends the opening.</param>
    public static async Task<WebApplication> OpenAsync(
        StorageConnection storage, string missing, Action<WebApplicationBuilder> configure, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddStorage(storage);
        builder.Services.AddStore(builder.Configuration);
        builder.Services.AddEngine(builder.Configuration);
        configure(builder);
        WebApplication host = builder.Build();
        try
        {
            await storage.OpenAsync(host.Services, Console.Out.WriteLine, missing, cancellationToken);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }
}
