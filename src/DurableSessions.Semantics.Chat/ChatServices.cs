using DurableSessions.Core.Semantics;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Semantics.Chat;

/// <summary>Adds the digest by a chat model to a host's services.</summary>
public static class ChatServices
{
    /// <summary>Adds a model as the configured processor; another one, such as the extractive digest, is to stand in for it.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="options">Which model.</param>
    /// <param name="credential">What requests to it are signed with.</param>
    public static IServiceCollection AddChatDigest(
        this IServiceCollection services, ChatModelOptions options, ChatCredential credential) => services
        .AddSingleton(provider => new ChatModel(options, credential, provider.GetRequiredService<TimeProvider>()))
        .AddKeyedSingleton<ISemanticProcessor>(
            SemanticProcessors.ConfiguredKey, static (provider, _) => provider.GetRequiredService<ChatModel>().Processor);
}
