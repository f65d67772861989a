# How every target of the project is built; linked PRIVATE by each.
add_library(auexfil_build INTERFACE)
target_compile_features(auexfil_build INTERFACE cxx_std_20)
target_compile_options(auexfil_build INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast
  -Wnon-virtual-dtor -Wimplicit-fallthrough)
if(AUEXFIL_WERROR)
  target_compile_options(auexfil_build INTERFACE -Werror)
endif()
if(AUEXFIL_SANITIZE)
  target_compile_options(auexfil_build INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(auexfil_build INTERFACE -fsanitize=address,undefined)
endif()
if(AUEXFIL_FUZZ)
  # Assertions stay on, those of the standard library too. Comparisons are not traced: it halves
  # the speed, and the dictionaries hold the words that it would find.
  target_compile_options(auexfil_build INTERFACE
    -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-coverage=trace-cmp
    -fno-sanitize-recover=all -fno-omit-frame-pointer -UNDEBUG -D_GLIBCXX_ASSERTIONS)
  target_link_options(auexfil_build INTERFACE -fsanitize=address,undefined)
endif()
if(AUEXFIL_HARDEN)
  include(CheckCXXCompilerFlag)
  include(CheckPIESupported)
  check_pie_supported(LANGUAGES CXX)
  target_compile_options(auexfil_build INTERFACE -fstack-protector-strong)
  # Fortify needs the optimiser; distributions set it themselves, hence the -U.
  target_compile_options(auexfil_build INTERFACE $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE>
                                                 $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
  check_cxx_compiler_flag(-fcf-protection=full AUEXFIL_HAS_CET)
  if(AUEXFIL_HAS_CET)
    target_compile_options(auexfil_build INTERFACE -fcf-protection=full)
  endif()
  target_link_options(auexfil_build INTERFACE LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack)
endif()
if(AUEXFIL_STATIC)
  include(CheckPIESupported)
  check_pie_supported(LANGUAGES CXX)
  set(CMAKE_CXX_LINK_OPTIONS_PIE -static-pie)  # a -pie behind it would bring the loader back
endif()
target_include_directories(auexfil_build INTERFACE ${PROJECT_SOURCE_DIR}/include)

# auexfil_room(NAME SOURCES file... ROOMS room... LIBS lib...): one static library a room.
function(auexfil_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;ROOMS;LIBS" ${ARGN})
  add_library(auexfil_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(auexfil_${name} PRIVATE auexfil_build)
  target_include_directories(auexfil_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include)
  foreach(room IN LISTS ARG_ROOMS)
    target_link_libraries(auexfil_${name} PUBLIC auexfil_${room})
  endforeach()
  target_link_libraries(auexfil_${name} PRIVATE ${ARG_LIBS})
endfunction()
