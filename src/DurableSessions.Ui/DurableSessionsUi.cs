using DurableSessions.Core.Storage;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Limits;
using DurableSessions.Ui.Commits;
using DurableSessions.Ui.Hosts;
using DurableSessions.Ui.Live;
using DurableSessions.Ui.Pages;
using DurableSessions.Ui.Signing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace DurableSessions.Ui;

/// <summary>The pages under <c>/ui</c>, for a host that serves the API.</summary>
public static class DurableSessionsUi
{
    // Reads the keys of data protection while a host starts, which then waits for storage although no browser may ever come.
    private const string EagerKeys = "Microsoft.AspNetCore.DataProtection.Internal.DataProtectionHostedService";

    /// <summary>Adds the services of the pages. The host adds the API's too, before or after.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="listens">Whether the page of the host has charts, for which the meters of this process are listened to.</param>
    public static IServiceCollection AddUi(this IServiceCollection services, bool listens = true)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddRazorComponents();
        services.AddAntiforgery(static options =>
        {
            options.Cookie.Name = "durable_sessions_forms";
            options.Cookie.Path = UiPaths.Root;
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            options.FormFieldName = "token";
            options.HeaderName = null;
            options.SuppressXFrameOptionsHeader = true;
        });

        // All hosts of a container take each other's forms, wherever their programs lie.
        services.AddDataProtection().SetApplicationName("DurableSessions.Ui");
        services.AddOptions<KeyManagementOptions>().Configure<IServiceProvider>(static (options, provider) =>
            options.XmlRepository = new ProtectionKeys(() => provider.GetRequiredService<SessionStorage>().Container));
        foreach (ServiceDescriptor eager in services
            .Where(static s => s.ServiceType == typeof(IHostedService) && s.ImplementationType?.FullName == EagerKeys).ToArray())
        {
            services.Remove(eager);
        }

        services.TryAddSingleton<CommitBoard>();
        services.TryAddSingleton<BulkRetry>();
        services.TryAddSingleton<LiveTopics>();
        services.TryAddSingleton<StorageCheckRun>();
        if (listens)
        {
            services.TryAddSingleton<Rates>();
            services.AddHostedService(static provider => provider.GetRequiredService<Rates>());
        }

        services.TryAddSingleton<IBrowserPages, BrowserPages>();
        return services;
    }

    /// <summary>Maps the pages, and leads <c>/</c> to them.</summary>
    public static IEndpointRouteBuilder MapUi(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        endpoints.MapGet("/", static (HttpContext http) => Results.LocalRedirect($"~{UiPaths.Root}"))
            .ExcludeFromDescription().WithMetadata(new AnsweredUnderLoad());
        RouteGroupBuilder ui = endpoints.MapGroup(UiPaths.Root);
        ui.ExcludeFromDescription();
        ui.AddEndpointFilter(CheckTokenAsync);
        ui.MapGet("/assets/{name}", Assets.Send).WithMetadata(new AnsweredUnderLoad());
        ui.MapGet(SignIn.Path, SignIn.Show);
        ui.MapPost(SignIn.Path, SignIn.EnterAsync);
        ui.MapPost("/sign-out", SignIn.Leave);
        ui.MapHome();
        ui.MapCommitPages();
        ui.MapHostPages();
        ui.MapSessionPages();
        ui.MapMemoryPages();
        return endpoints;
    }

    // Every change is a POST, and no POST is answered without the token of a form of this host.
    private static async ValueTask<object?> CheckTokenAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        HttpContext http = context.HttpContext;
        if (HttpMethods.IsPost(http.Request.Method))
        {
            await FormTokens.CheckAsync(http);
        }

        return await next(context);
    }
}
