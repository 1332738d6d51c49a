using DurableSessions.Engine;
using DurableSessions.Orchestration;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Testing;

/// <summary>
/// Hosts start by the ten thousand, and what a container of services finds out about their constructors is the same for all. It is found
/// out once: a host is a scope, in which everything that is one of a kind in a process is one of a kind.
/// </summary>
internal static class HostScopes
{
    private static readonly ServiceProvider Services = Build();

    /// <summary>The services of a host. Nothing in them is another host's.</summary>
    public static AsyncServiceScope Create(HostParts parts)
    {
        AsyncServiceScope scope = Services.CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<Decided>().Parts = parts;
        return scope;
    }

    private static ServiceProvider Build()
    {
        IServiceCollection one = new ServiceCollection()
            .AddHost(static provider => provider.GetRequiredService<Decided>().Parts!)
            .AddSingleton<OrchestrationClient>(
                static provider => new ReplaceableClient(provider.GetRequiredService<EmbeddedEngine>().Client));
        IServiceCollection scoped = new ServiceCollection().AddScoped<Decided>();
        foreach (ServiceDescriptor service in one)
        {
            scoped.Add(service.Lifetime == ServiceLifetime.Singleton ? Scoped(service) : service);
        }

        return scoped.BuildServiceProvider(new ServiceProviderOptions { ValidateScopes = true, ValidateOnBuild = true });
    }

    // An instance is shared in any case.
    private static ServiceDescriptor Scoped(ServiceDescriptor service) => service switch
    {
        { IsKeyedService: true, KeyedImplementationFactory: { } factory } =>
            ServiceDescriptor.DescribeKeyed(service.ServiceType, service.ServiceKey, factory, ServiceLifetime.Scoped),
        { IsKeyedService: true } => throw new NotSupportedException($"{service} has no factory."),
        { ImplementationFactory: { } factory } => ServiceDescriptor.Scoped(service.ServiceType, factory),
        { ImplementationType: { } type } => ServiceDescriptor.Scoped(service.ServiceType, type),
        _ => service,
    };

    private sealed class Decided
    {
        public HostParts? Parts { get; set; }
    }
}
