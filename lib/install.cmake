# Installs the library so that find_package(ringtail CONFIG) finds it, wherever the installed tree is moved to.
# A project that takes ringtail with add_subdirectory and does not want to install it says EXCLUDE_FROM_ALL there.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ringtail)
configure_package_config_file(ringtail-config.cmake.in ringtail-config.cmake INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may change the interface.
write_basic_package_version_file(ringtail-config-version.cmake COMPATIBILITY SameMinorVersion)

install(TARGETS ringtail EXPORT ringtail-targets
  ARCHIVE COMPONENT ringtail_development
  LIBRARY COMPONENT ringtail_runtime NAMELINK_COMPONENT ringtail_development
  FILE_SET HEADERS COMPONENT ringtail_development
)
install(EXPORT ringtail-targets NAMESPACE ringtail:: DESTINATION ${package_dir} COMPONENT ringtail_development)
install(
  FILES ${CMAKE_CURRENT_BINARY_DIR}/ringtail-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/ringtail-config-version.cmake
  DESTINATION ${package_dir} COMPONENT ringtail_development
)
