using DurableSessions.Core.Semantics;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Semantics.Extractive;

/// <summary>Adds the extractive digest to a host's services.</summary>
public static class ExtractiveServices
{
    /// <summary>
    /// Adds the digest that needs no model: it stands in where a configured processor fails, and digests alone where no other is added.
    /// </summary>
    /// <param name="services">The host's services.</param>
    public static IServiceCollection AddExtractiveDigest(this IServiceCollection services) =>
        services.AddKeyedSingleton<ISemanticProcessor, ExtractiveSemanticProcessor>(SemanticProcessors.FallbackKey);
}
