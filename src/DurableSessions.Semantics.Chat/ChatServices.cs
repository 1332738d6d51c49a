using DurableSessions.Core.Configuration;
using DurableSessions.Core.Semantics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace DurableSessions.Semantics.Chat;

/// <summary>Adds the digest by a chat model to a host's services.</summary>
public static class ChatServices
{
    /// <summary>Adds a model as the configured processor; another one, such as the extractive digest, is to stand in for it.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="options">Which model.</param>
    /// <param name="credential">What requests to it are signed with.</param>
    public static IServiceCollection AddChatDigest(
        this IServiceCollection services, ChatModelOptions options, ChatCredential credential) =>
        services.AddModel(provider => new ChatModel(options, credential, provider.GetRequiredService<TimeProvider>()));

    /// <summary>
    /// Adds the model that <see cref="ChatSettings"/> name, as the other overload does; see <see cref="AddChatSettings"/>.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="credential">What requests to the model are signed with.</param>
    public static IServiceCollection AddChatDigest(this IServiceCollection services, Func<ChatSettings, ChatCredential> credential) =>
        services.AddModel(provider =>
        {
            ChatSettings settings = provider.GetRequiredService<IOptions<ChatSettings>>().Value;
            return new ChatModel(settings.ToOptions(), credential(settings), provider.GetRequiredService<TimeProvider>());
        });

    /// <summary>
    /// Adds <see cref="ChatSettings"/> from the section <c>Semantics</c> of the host's configuration, also where they name no model.
    /// </summary>
    public static OptionsBuilder<ChatSettings> AddChatSettings(this IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ChatSettings>, ChatSettingsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ChatSettings>, ChatSettingsRules>());
        return services.AddOptions<ChatSettings>().BindSettings(ChatSettings.Section);
    }

    private static IServiceCollection AddModel(this IServiceCollection services, Func<IServiceProvider, ChatModel> model) => services
        .AddSingleton(model)
        .AddSingleton<IModelStatus>(static provider => provider.GetRequiredService<ChatModel>())
        .AddKeyedSingleton<ISemanticProcessor>(
            SemanticProcessors.ConfiguredKey, static (provider, _) => provider.GetRequiredService<ChatModel>().Processor);
}
